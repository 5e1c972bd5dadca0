"""Causal attention over right-padded rows without a mask, for batches with shared beginnings.

transformers calls it by name for every layer and builds no mask. All else of the model stays its
own: only attention needs to know which token stands before which.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import AttentionInterface

NAME = "shared_beginnings"


def shared_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    layout: tuple[Tensor, Tensor],
    **settings: Any,
) -> tuple[Tensor, None]:
    """The attention of N beginnings, (1, heads, N, size), as (1, N, heads, size).

    `layout` holds `rows` (B, T) and `places` (N,) of the batch. No mask: what stands in a row
    behind the end of its example is behind every token that counts, and `is_causal` keeps those
    from seeing it. With padding on the left, or with several examples in a row, they would see what
    is not theirs.
    """
    rows, places = layout
    result = functional.scaled_dot_product_attention(
        _laid_out(query, rows),
        _laid_out(key, rows),
        _laid_out(value, rows),
        is_causal=True,
        scale=settings.get("scaling"),
        enable_gqa=key.shape[1] != query.shape[1],
    )
    heads, size = query.shape[1], query.shape[3]
    flat = result.transpose(1, 2).reshape(-1, heads * size)
    return flat.index_select(0, places).view(1, -1, heads, size), None


def _laid_out(states: Tensor, rows: Tensor) -> Tensor:
    """(1, heads, N, size) as (B, heads, T, size)."""
    heads, size = states.shape[1], states.shape[3]
    flat = states[0].transpose(0, 1).reshape(-1, heads * size)
    laid = flat.index_select(0, rows.reshape(-1))
    return laid.view(*rows.shape, heads, size).transpose(1, 2)


AttentionInterface.register(NAME, shared_attention)
