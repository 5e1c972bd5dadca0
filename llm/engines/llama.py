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

from llm.engines.kernels import Kernel, Linear, plain


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer: queries, keys and values fused, gate and up fused, norms folded into them."""

    qkv: Linear
    out: Linear
    gate_up: Linear
    down: Linear


@dataclass(slots=True)
class Cache:
    """Keys and values of all layers: (layers, rows, tokens, key and value heads x head size).

    `lengths` says how many tokens of each row are real; behind them stands rubbish.
    """

    store: Tensor
    lengths: list[int]

    def keep(self, rows: Sequence[int]) -> Cache:
        """The cache of some rows."""
        chosen = torch.tensor(rows, dtype=torch.long, device=self.store.device)
        return Cache(self.store.index_select(1, chosen), [self.lengths[row] for row in rows])

    def begin(self, row: int, prefix: Cache) -> None:
        """Lets a row begin with the tokens of a cache of one row."""
        self.lengths[row] = prefix.lengths[0]
        self.store[:, row, : self.lengths[row]] = prefix.store[:, 0, : self.lengths[row]]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the tokens of one pass stand; `spread` is None where no row is shorter than another.

    `slots` are their places in the cache, `spread` those among rows padded to one width, `turns`
    the rotations of their positions, `mask` what each place of the padded rows may see.
    """

    rows: int
    width: int
    total: int
    slots: Tensor
    spread: Tensor | None
    turns: Tensor
    mask: Tensor


class Llama:
    """The merged weights of a Llama-architecture model and its forward pass.

    `dtype` is that of the activations and of the cache; `kernel` makes the multiplications.
    """

    def __init__(
        self, model: Any, device: torch.device, dtype: torch.dtype, kernel: Kernel = plain
    ) -> None:
        config = model.config
        self.device, self.dtype = device, dtype
        self.heads = int(config.num_attention_heads)
        self.key_heads = int(config.num_key_value_heads)
        self.size = int(getattr(config, "head_dim", None) or config.hidden_size // self.heads)
        self.epsilon = float(config.rms_norm_eps)
        self.embedding = self._own(model.model.embed_tokens.weight)
        self.head = self._own(model.lm_head.weight)
        self.norm = self._own(model.model.norm.weight)
        self.layers = [self._layer(layer, kernel) for layer in model.model.layers]
        theta = float(config.rope_parameters["rope_theta"])
        steps = torch.arange(0, self.size, 2, dtype=torch.float32, device=device) / self.size
        self.frequencies = theta**-steps

    def _own(self, weight: Tensor) -> Tensor:
        return weight.detach().to(device=self.device, dtype=self.dtype).contiguous()

    @torch.no_grad()
    def _layer(self, layer: Any, kernel: Kernel) -> _Layer:
        attention, mlp = layer.self_attn, layer.mlp
        turned = [self._interleaved(p.weight) for p in (attention.q_proj, attention.k_proj)]
        qkv = torch.cat([*turned, attention.v_proj.weight]) * layer.input_layernorm.weight
        gate_up = torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight])
        return _Layer(
            qkv=kernel(self._own(qkv)),
            out=kernel(self._own(attention.o_proj.weight)),
            gate_up=kernel(self._own(gate_up * layer.post_attention_layernorm.weight)),
            down=kernel(self._own(mlp.down_proj.weight)),
        )

    def _interleaved(self, weight: Tensor) -> Tensor:
        """The two halves of each head one in the other, so that pairs are complex numbers.

        Queries and keys change alike, so their products stay what they were.
        """
        halves = weight.view(-1, 2, self.size // 2, weight.shape[1])
        return halves.transpose(1, 2).reshape(weight.shape)

    def cache(self, rows: int, tokens: int) -> Cache:
        """An empty cache for rows of at most `tokens` tokens."""
        shape = (len(self.layers), rows, tokens, 2 * self.key_heads * self.size)
        return Cache(torch.zeros(shape, dtype=self.dtype, device=self.device), [0] * rows)

    @torch.inference_mode()
    def forward(self, tokens: Sequence[Sequence[int]], cache: Cache) -> Tensor:
        """Feeds each row its next tokens (at least one); (rows, hidden) behind its last one.

        The rows may be fed different numbers of tokens. The cache grows where it is too small.
        """
        places = self._places([len(some) for some in tokens], cache)
        ids = torch.tensor([token for some in tokens for token in some], device=self.device)
        hidden = self.embedding[ids]
        for layer, store in zip(self.layers, cache.store, strict=True):
            self._attend(layer, hidden, store, places)
            gate, up = layer.gate_up(self._normed(hidden)).chunk(2, dim=-1)
            hidden += layer.down(functional.silu(gate).mul_(up))
        last = torch.tensor([len(some) for some in tokens], device=self.device).cumsum(0) - 1
        cache.lengths = [a + len(some) for a, some in zip(cache.lengths, tokens, strict=True)]
        return self._normed(hidden[last]) * self.norm

    def scores(self, hidden: Tensor, tokens: Sequence[int]) -> Tensor:
        """The logits (rows, tokens) of some tokens, in fp32."""
        chosen = self.head[torch.tensor(tokens, device=self.device)]
        return (hidden @ chosen.T).float()

    def _places(self, widths: Sequence[int], cache: Cache) -> _Places:
        rows, width = len(widths), max(widths)
        starts = torch.tensor(cache.lengths)
        total = max(a + b for a, b in zip(cache.lengths, widths, strict=True))
        if total > cache.store.shape[2]:
            cache.store = functional.pad(cache.store, (0, 0, 0, total - cache.store.shape[2] + 16))
        grid = starts[:, None] + torch.arange(width)
        # The causal mask alone: what is padded stands behind all that is real, out of sight.
        mask = torch.zeros(rows, 1, width, total)
        mask.masked_fill_((torch.arange(total) > grid[..., None])[:, None], float("-inf"))
        real = torch.arange(width) < torch.tensor(widths)[:, None]
        spread = None if min(widths) == width else real.flatten().nonzero().flatten()
        positions = grid[real]
        slots = (torch.arange(rows)[:, None] * cache.store.shape[2] + grid)[real]
        angles = positions.to(self.device)[:, None, None] * self.frequencies
        return _Places(
            rows,
            width,
            total,
            slots.to(self.device),
            None if spread is None else spread.to(self.device),
            torch.polar(torch.ones_like(angles), angles),
            mask.to(device=self.device, dtype=self.dtype),
        )

    def _attend(self, layer: _Layer, hidden: Tensor, store: Tensor, places: _Places) -> None:
        """Adds to the hidden states what their rows' earlier tokens say, and keeps their own."""
        qkv = layer.qkv(self._normed(hidden))
        turned = qkv.view(len(qkv), -1, self.size)[:, : self.heads + self.key_heads]
        wide = turned.float()
        torch.view_as_complex(wide.unflatten(-1, (-1, 2))).mul_(places.turns)
        turned.copy_(wide)
        own = self.heads * self.size
        store.view(-1, store.shape[-1]).index_copy_(0, places.slots, qkv[:, own:])
        keys, values = (
            store[:, : places.total]
            .view(places.rows, places.total, 2, self.key_heads, self.size)
            .permute(2, 0, 3, 1, 4)
        )
        query = qkv[:, :own]
        if places.spread is not None:
            padded = qkv.new_zeros(places.rows * places.width, own)
            query = padded.index_copy_(0, places.spread, query)
        mixed = functional.scaled_dot_product_attention(
            query.unflatten(0, (places.rows, -1)).unflatten(-1, (-1, self.size)).transpose(1, 2),
            keys,
            values,
            attn_mask=places.mask,
            enable_gqa=self.heads != self.key_heads,
        )
        mixed = mixed.transpose(1, 2).reshape(-1, own)
        hidden += layer.out(mixed if places.spread is None else mixed[places.spread])

    def _normed(self, hidden: Tensor) -> Tensor:
        return functional.rms_norm(hidden, hidden.shape[-1:], None, self.epsilon)
