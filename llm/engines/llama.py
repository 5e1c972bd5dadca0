"""A Llama in plain torch, for many short answers at once on few cores.

`transformers` loads and merges the weights; the forward pass is our own, because a decoder that
is fed several forced tokens at a time, in rows of different lengths, with a head over the allowed
tokens alone, is what makes an answer cost a few passes and not fifty. No padding is computed: the
tokens of all rows stand one behind the other everywhere but in the attention.
"""

from __future__ import annotations

import math
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


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the tokens of one pass stand.

    `asking` are the rows of (tokens x heads) that the padded attention asks with, `answered` the
    way back, `kept` where keys and values go in the cache, `turns` the rotations of the positions,
    `mask` (rows x key heads, group x width, tokens) what may be seen.
    """

    total: int
    asking: Tensor
    answered: Tensor
    kept: Tensor
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
        self.embedding = self._own(model.model.embed_tokens.weight)
        self.head = self._own(model.lm_head.weight)
        self.root = math.sqrt(config.hidden_size)
        self.least = torch.tensor(self.root * math.sqrt(config.rms_norm_eps), device=device)
        self.norm = self._own(model.model.norm.weight * self.root)
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
        qkv = torch.cat([*turned, attention.v_proj.weight])
        gate_up = torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight])
        return _Layer(
            qkv=kernel(self._own(qkv * layer.input_layernorm.weight * self.root)),
            out=kernel(self._own(attention.o_proj.weight)),
            gate_up=kernel(self._own(gate_up * layer.post_attention_layernorm.weight * self.root)),
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
        shape = (len(self.layers), 2, rows, self.key_heads, tokens, self.size)
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
            hidden += layer.out(self._mixed(layer.qkv(self._normed(hidden)), store, places))
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
        rows, width, group = len(widths), max(widths), self.heads // self.key_heads
        total = max(a + b for a, b in zip(cache.lengths, widths, strict=True))
        if total > cache.store.shape[4]:
            cache.store = functional.pad(cache.store, (0, 0, 0, total - cache.store.shape[4] + 16))
        grid = torch.tensor(cache.lengths)[:, None] + torch.arange(width)
        real = torch.arange(width) < torch.tensor(widths)[:, None]
        positions = grid[real]
        # The causal mask alone: what is padded stands behind all that is real, out of sight.
        hidden = (torch.arange(total) > grid[..., None])[:, None, None]
        mask = torch.zeros(hidden.shape).masked_fill_(hidden, float("-inf"))
        mask = mask.expand(rows, self.key_heads, group, width, total)
        # Padded places ask with the first token; nobody reads what they are told.
        number = torch.zeros(rows, width, dtype=torch.long)
        number[real] = torch.arange(len(positions))
        heads = torch.arange(self.heads).view(1, self.key_heads, group, 1)
        asking = number[:, None, None] * (self.heads + 2 * self.key_heads) + heads
        back = torch.arange(asking.numel()).view(asking.shape).permute(0, 3, 1, 2)[real]
        head = torch.arange(2)[:, None] * rows * self.key_heads + torch.arange(self.key_heads)
        row = torch.arange(rows)[:, None].expand(rows, width)[real] * self.key_heads
        kept = (row[:, None, None] + head) * cache.store.shape[4] + positions[:, None, None]
        angles = positions.to(self.device)[:, None, None] * self.frequencies
        return _Places(
            total,
            asking.flatten().to(self.device),
            back.flatten().to(self.device),
            kept.flatten(1).to(self.device),
            torch.polar(torch.ones_like(angles), angles),
            mask.reshape(rows * self.key_heads, -1, total).to(self.device, self.dtype),
        )

    def _mixed(self, qkv: Tensor, store: Tensor, places: _Places) -> Tensor:
        """What the tokens take from those before them in their rows; keeps keys and values."""
        heads = qkv.view(len(qkv), -1, self.size)
        turned = heads[:, : -self.key_heads]
        wide = turned.float()
        torch.view_as_complex(wide.view(*wide.shape[:2], -1, 2)).mul_(places.turns)
        turned.copy_(wide)
        store.view(-1, self.size)[places.kept] = heads[:, self.heads :]
        keys, values = store.flatten(1, 2)[:, :, : places.total]
        query = qkv.view(-1, self.size).index_select(0, places.asking)
        query = query.view(len(keys), -1, self.size)
        weights = torch.baddbmm(
            places.mask, query, keys.transpose(1, 2), alpha=1 / math.sqrt(self.size)
        )
        mixed = torch.bmm(weights.softmax(-1), values).view(-1, self.size)
        return mixed.index_select(0, places.answered).view(len(qkv), -1)

    def _normed(self, hidden: Tensor) -> Tensor:
        """RMS norm without its weights; the root over all entries but for a constant factor.

        x / sqrt(mean(x²) + e) = sqrt(n) x / sqrt(|x|² + n e): fewer passes over few numbers.
        """
        length = torch.linalg.vector_norm(hidden, dim=-1, keepdim=True, dtype=torch.float32)
        normed: Tensor = hidden / length.hypot(self.least).to(self.dtype)
        return normed
