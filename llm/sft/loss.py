"""The loss on the answers alone: no other logits are computed, and none are kept."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from llm.sft.batches import Batch

# Positions whose logits exist at one time; with 49,152 tokens and float32 25 MB.
TOGETHER = 128


class AnswerLoss(nn.Module):
    """A causal LM of transformers, with or without an adapter, and the loss of a batch.

    It is one module so that whoever shards or wraps a model can wrap this one.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: Batch) -> Tensor:
        """The summed cross-entropy in nats over the answer tokens of a batch."""
        causal: Any = self.model
        if hasattr(causal, "get_base_model"):
            causal = causal.get_base_model()
        hidden = causal.model(
            input_ids=batch.ids,
            position_ids=batch.positions,
            attention_mask=None,
            use_cache=False,
            layout=(batch.rows, batch.places),
        )[0]
        wanted = hidden[0].index_select(0, batch.sources)
        loss: Tensor = _HeadLoss.apply(wanted, causal.lm_head.weight, batch.targets)  # type: ignore[no-untyped-call]
        return loss


class _HeadLoss(torch.autograd.Function):
    """Cross-entropy behind a frozen head; the gradient is made with the logits at hand.

    Keeping the logits for a backward pass would cost several times their memory.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        loss = torch.zeros((), dtype=torch.float32, device=hidden.device)
        gradient = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        for start in range(0, len(targets), TOGETHER):
            part = slice(start, start + TOGETHER)
            logits = (hidden[part] @ weight.T).float()
            logits -= logits.logsumexp(-1, keepdim=True)
            wanted = targets[part, None]
            loss -= logits.gather(1, wanted).sum()
            if gradient is not None:
                logits.exp_().scatter_add_(1, wanted, logits.new_full(wanted.shape, -1.0))
                gradient[part] = logits.to(weight.dtype) @ weight
        ctx.gradient = gradient
        return loss

    @staticmethod
    def backward(ctx: Any, given: Tensor) -> tuple[Tensor, None, None]:
        return ctx.gradient * given, None, None
