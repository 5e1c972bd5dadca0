"""A Llama in plain torch, for many short answers at once on few cores.

`transformers` loads and merges the weights; the forward pass is our own, because a decoder that
is fed several forced tokens at a time, in rows of different lengths, with a head over the allowed
tokens alone, is what makes an answer cost a few passes and not fifty. No padding is computed: the
tokens of all rows stand one behind the other everywhere but in the attention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from llm.engines.kernels import Kernel, Plain
from llm.engines.llama_layers import Shape, Stack, compiled

# Room that a cache grows by.
_MORE = 16


@dataclass(slots=True)
class Cache:
    """Keys and values of all layers: (layers, 2, rows, key heads, tokens, head size).

    `lengths` says how many tokens of each row are real; behind them stands rubbish.
    """

    store: Tensor
    lengths: list[int]

    def keep(self, rows: Sequence[int]) -> Cache:
        """The cache of some rows."""
        chosen = torch.tensor(rows, dtype=torch.long, device=self.store.device)
        return Cache(self.store.index_select(2, chosen), [self.lengths[row] for row in rows])

    def begin(self, row: int, prefix: Cache) -> None:
        """Lets a row begin with the tokens of a cache of one row."""
        length = self.lengths[row] = prefix.lengths[0]
        self.store[:, :, row, :, :length] = prefix.store[:, :, 0, :, :length]


class Llama:
    """The merged weights of a Llama-architecture model and its forward pass.

    `dtype` is that of the activations and of the cache; `kernel` makes the multiplications.
    """

    @torch.no_grad()
    def __init__(
        self, model: Any, device: torch.device, dtype: torch.dtype, kernel: Kernel = Plain
    ) -> None:
        config = model.config
        self.device, self.dtype = device, dtype
        heads = int(config.num_attention_heads)
        size = int(getattr(config, "head_dim", None) or config.hidden_size // heads)
        self.shape = Shape(heads, int(config.num_key_value_heads), size)
        self.layers = int(config.num_hidden_layers)
        self.head = self._own(model.lm_head.weight)
        embedding = self._own(model.model.embed_tokens.weight)
        self.stack = compiled(
            Stack(model, self.shape, embedding, lambda weight: kernel(self._own(weight)))
        )

    def _own(self, weight: Tensor) -> Tensor:
        return weight.detach().to(device=self.device, dtype=self.dtype).contiguous()

    def warm_up(self) -> None:
        """Lets TorchScript optimise the pass, which it does in its first calls of each shape."""
        for widths in ((8, 5), (3, 1), (1,)):
            self.forward([[0] * width for width in widths], self.cache(len(widths), 8))

    def cache(self, rows: int, tokens: int) -> Cache:
        """An empty cache for rows of at most `tokens` tokens."""
        shape = (self.layers, 2, rows, self.shape.key_heads, tokens, self.shape.size)
        return Cache(torch.zeros(shape, dtype=self.dtype, device=self.device), [0] * rows)

    @torch.inference_mode()
    def forward(self, tokens: Sequence[Sequence[int]], cache: Cache) -> Tensor:
        """Feeds each row its next tokens (at least one); (rows, hidden) behind its last one.

        The rows may be fed different numbers of tokens. The cache grows where it is too small.
        """
        widths = [len(some) for some in tokens]
        behind = [length + width for length, width in zip(cache.lengths, widths, strict=True)]
        if (lack := max(behind) - cache.store.shape[4]) > 0:
            cache.store = functional.pad(cache.store, (0, 0, 0, lack + _MORE))
        ids = [token for some in tokens for token in some]
        given = (torch.tensor(some, device=self.device) for some in (ids, cache.lengths, widths))
        hidden: Tensor = self.stack(*given, cache.store)
        cache.lengths = behind
        return hidden

    def scores(self, hidden: Tensor, tokens: Sequence[int]) -> Tensor:
        """The logits (rows, tokens) of some tokens, in fp32."""
        chosen = self.head[torch.tensor(tokens, device=self.device)]
        return (hidden @ chosen.T).float()
