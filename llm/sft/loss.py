"""The loss on the answer alone, without an attention mask and without the other logits."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from llm.sft.data import IGNORED, Batch


def answer_loss(model: nn.Module, batch: Batch) -> tuple[torch.Tensor, int]:
    """The summed cross-entropy in nats over the answer tokens of a batch, and their number.

    `model` is a causal LM of transformers, with or without an adapter. It gets no attention mask:
    attention then takes its causal path, and right padding stands behind every token that counts.
    The head runs only at the positions that predict an answer token.
    """
    causal: Any = model.get_base_model() if hasattr(model, "get_base_model") else model  # type: ignore[operator]
    hidden = causal.model(input_ids=batch.ids, attention_mask=None, use_cache=False)[0]
    targets = batch.labels[:, 1:]
    wanted = targets != IGNORED
    logits = causal.lm_head(hidden[:, :-1][wanted])
    loss = functional.cross_entropy(logits.float(), targets[wanted], reduction="sum")
    return loss, int(wanted.sum())
