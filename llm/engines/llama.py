"""A Llama in plain torch, for many short answers at once on few cores.

`transformers` loads and merges the weights; the forward pass is our own, because a decoder that
is fed several forced tokens at a time, in rows of different lengths, with a head over the allowed
tokens alone, is what makes an answer cost a dozen passes and not fifty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class _Layer:
    """The weights of one layer, queries, keys and values fused, gate and up fused."""

    norm: Tensor
    qkv: Tensor
    out: Tensor
    mlp_norm: Tensor
    gate_up: Tensor
    down: Tensor


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


class Llama:
    """The merged weights of a Llama-architecture model and its forward pass."""

    def __init__(self, model: Any, device: torch.device, dtype: torch.dtype) -> None:
        config = model.config
        self.device, self.dtype = device, dtype
        self.heads = int(config.num_attention_heads)
        self.key_heads = int(config.num_key_value_heads)
        self.size = int(getattr(config, "head_dim", None) or config.hidden_size // self.heads)
        self.epsilon = float(config.rms_norm_eps)
        self.embedding = self._own(model.model.embed_tokens.weight)
        self.head = self._own(model.lm_head.weight)
        self.norm = self._own(model.model.norm.weight)
        self.layers = [self._layer(layer) for layer in model.model.layers]
        theta = float(config.rope_parameters["rope_theta"])
        steps = torch.arange(0, self.size, 2, dtype=torch.float32, device=device) / self.size
        self.frequencies = theta**-steps

    def _own(self, weight: Tensor) -> Tensor:
        return weight.detach().to(device=self.device, dtype=self.dtype).contiguous()

    def _layer(self, layer: Any) -> _Layer:
        attention, mlp = layer.self_attn, layer.mlp
        qkv = [attention.q_proj.weight, attention.k_proj.weight, attention.v_proj.weight]
        return _Layer(
            norm=self._own(layer.input_layernorm.weight),
            qkv=self._own(torch.cat(qkv)),
            out=self._own(attention.o_proj.weight),
            mlp_norm=self._own(layer.post_attention_layernorm.weight),
            gate_up=self._own(torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight])),
            down=self._own(mlp.down_proj.weight),
        )

    def cache(self, rows: int, tokens: int) -> Cache:
        """An empty cache for rows of at most `tokens` tokens."""
        shape = (len(self.layers), 2, rows, self.key_heads, tokens, self.size)
        return Cache(torch.zeros(shape, dtype=self.dtype, device=self.device), [0] * rows)

    @torch.inference_mode()
    def forward(self, tokens: Sequence[Sequence[int]], cache: Cache) -> Tensor:
        """Feeds each row its next tokens (at least one); (rows, hidden) behind its last one.

        The rows may be fed different numbers of tokens. The cache grows where it is too small.
        """
        width = max(map(len, tokens))
        ids = torch.zeros((len(tokens), width), dtype=torch.long)
        for row, some in enumerate(tokens):
            ids[row, : len(some)] = torch.tensor(some)
        starts = torch.tensor(cache.lengths, device=self.device)
        positions = starts[:, None] + torch.arange(width, device=self.device)
        total = int(positions.max()) + 1
        if total > cache.store.shape[4]:
            cache.store = functional.pad(cache.store, (0, 0, 0, total - cache.store.shape[4] + 16))
        hidden = self._layers(ids.to(self.device), positions, total, cache)
        last = torch.tensor([len(some) - 1 for some in tokens], device=self.device)
        cache.lengths = [a + len(some) for a, some in zip(cache.lengths, tokens, strict=True)]
        return self._norm(hidden[torch.arange(len(tokens), device=self.device), last], self.norm)

    def scores(self, hidden: Tensor, tokens: Sequence[int]) -> Tensor:
        """The logits (rows, tokens) of some tokens, in fp32."""
        chosen = self.head[torch.tensor(tokens, device=self.device)]
        return (hidden @ chosen.T).float()

    def _layers(self, ids: Tensor, positions: Tensor, total: int, cache: Cache) -> Tensor:
        rows, width = ids.shape
        angles = positions[..., None] * self.frequencies
        turn = (angles.cos()[:, :, None].to(self.dtype), angles.sin()[:, :, None].to(self.dtype))
        group = self.heads // self.key_heads
        seen = torch.arange(total, device=self.device) <= positions[..., None]
        mask = seen[:, None, None].expand(rows, 1, group, width, total)
        mask = mask.reshape(rows, 1, group * width, total)
        where = torch.arange(rows, device=self.device)[:, None].expand(rows, width)
        hidden = self.embedding[ids]
        for layer, store in zip(self.layers, cache.store, strict=True):
            qkv = self._norm(hidden, layer.norm) @ layer.qkv.T
            qkv = qkv.view(rows, width, -1, self.size)
            ends = (self.heads, self.heads + self.key_heads)
            query, key, value = qkv.tensor_split(ends, dim=2)
            store[0].transpose(1, 2)[where, positions] = _turned(key, turn)
            store[1].transpose(1, 2)[where, positions] = value
            query = _turned(query, turn).view(rows, width, self.key_heads, group, self.size)
            query = query.permute(0, 2, 3, 1, 4).reshape(rows, self.key_heads, -1, self.size)
            mixed = functional.scaled_dot_product_attention(
                query, store[0][:, :, :total], store[1][:, :, :total], attn_mask=mask
            )
            mixed = mixed.view(rows, self.key_heads, group, width, self.size)
            mixed = mixed.permute(0, 3, 1, 2, 4).reshape(rows, width, -1)
            hidden = hidden + mixed @ layer.out.T
            gate, up = (self._norm(hidden, layer.mlp_norm) @ layer.gate_up.T).chunk(2, dim=-1)
            hidden = hidden + (functional.silu(gate) * up) @ layer.down.T
        return hidden

    def _norm(self, hidden: Tensor, weight: Tensor) -> Tensor:
        wide = hidden.float()
        scale = torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.epsilon)
        return (wide * scale).to(self.dtype) * weight


def _turned(part: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Rotary positions: (rows, tokens, heads, size), the halves turned against each other."""
    first, second = part.chunk(2, dim=-1)
    cosine, sine = turn
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)
