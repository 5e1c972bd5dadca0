"""A LoRA layer in float32 without the copies that peft's own makes.

peft adds the adapter to the base in a copy of the output, scales it in another, and adds the two
gradients of the input in a third: on a CPU a tenth of a step. Here the small products are added in
place by the multiplication itself. The parameters stay peft's, so saving, loading and merging do.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
from peft.tuners.lora import Linear
from torch import Tensor, nn


def make_lean(model: nn.Module) -> int:
    """Replaces the forward pass of all plain float32 LoRA layers; returns how many there are.

    Layers in other types (peft casts), with dropout or with a bias, and quantised ones keep theirs.
    """
    layers = [module for module in model.modules() if _is_plain(module)]
    for layer in layers:
        layer.forward = MethodType(_forward, layer)
    return len(layers)


def _is_plain(module: Any) -> bool:
    if type(module) is not Linear or list(module.lora_A) != ["default"] or module.lora_variant:
        return False
    base, down, up = module.base_layer, module.lora_A["default"], module.lora_B["default"]
    weights = (base.weight, down.weight, up.weight)
    return (
        type(base) is nn.Linear
        and base.bias is None
        and not base.weight.requires_grad
        and isinstance(module.lora_dropout["default"], nn.Identity)
        and all(weight.dtype == torch.float32 for weight in weights)
    )


def _forward(self: Any, x: Tensor) -> Tensor:
    result: Tensor = _LoraProduct.apply(  # type: ignore[no-untyped-call]
        x,
        self.base_layer.weight,
        self.lora_A["default"].weight,
        self.lora_B["default"].weight,
        self.scaling["default"],
    )
    return result


class _LoraProduct(torch.autograd.Function):
    """x (…, in) times W (out, in) + scaling · B (out, r) A (r, in); W is frozen."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, down: Tensor, up: Tensor, scaling: float
    ) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        low = flat @ down.T
        result = (flat @ weight.T).addmm_(low, up.T, alpha=scaling)
        ctx.save_for_backward(flat, weight, down, up, low)
        ctx.scaling = scaling
        return result.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, given: Tensor) -> tuple[Tensor | None, None, Tensor, Tensor, None]:
        flat, weight, down, up, low = ctx.saved_tensors
        outer = given.reshape(-1, given.shape[-1])
        inner = (outer @ up).mul_(ctx.scaling)
        for_up = (outer.T @ low).mul_(ctx.scaling)
        for_x = None
        if ctx.needs_input_grad[0]:
            for_x = (outer @ weight).addmm_(inner, down).view(*given.shape[:-1], -1)
        return for_x, None, inner.T @ flat, for_up, None
