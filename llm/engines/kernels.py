"""How a weight matrix is multiplied: the fastest way that this machine has, found by trying.

Few tokens at a time make a decoder wait for its weights, so what counts is how few bytes they are
and how well they are laid out. Activations and sums stay fp32 in all kernels for the CPU.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from llm.cpu import has_bf16

Kernel = Callable[[Tensor], nn.Module]

# A pass over one prompt batch and the passes that decide a report of average length.
_TOKENS_AND_PASSES = ((64, 1), (4, 6))
_ROUNDS = 5
# bf16 keeps 8 bits of a weight and fp16 keeps 11: it must be worth it.
_BF16_GAIN = 1.2


class Plain(nn.Module):
    """Multiplies in the type of the weight."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = weight

    def forward(self, inputs: Tensor) -> Tensor:
        """(tokens, columns) to (tokens, rows)."""
        return functional.linear(inputs, self.weight)


class PackedFp16(nn.Module):
    """Half-size weights in the layout of the processor's caches, widened as they are read.

    Needs the FBGEMM kernels, which torch has on x86 alone.
    """

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.packed = torch.ops.quantized.linear_prepack_fp16(weight.float(), None)

    def forward(self, inputs: Tensor) -> Tensor:
        """(tokens, columns) to (tokens, rows)."""
        product: Tensor = torch.ops.quantized.linear_dynamic_fp16(inputs, self.packed)
        return product


class Bf16(nn.Module):
    """Products in bf16, for processors that have instructions for them."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = weight.bfloat16()

    def forward(self, inputs: Tensor) -> Tensor:
        """(tokens, columns) to (tokens, rows)."""
        return functional.linear(inputs.to(torch.bfloat16), self.weight).float()


# All of them by name, also what this machine cannot run or would be slow at.
KERNELS: Mapping[str, Kernel] = {"fp32": Plain, "fp16": PackedFp16, "bf16": Bf16}


def cpu_kernels() -> dict[str, Kernel]:
    """The kernels that this machine has instructions for, by name; "fp32" is always there."""
    kernels = dict(KERNELS)
    if "fbgemm" not in torch.backends.quantized.supported_engines:
        del kernels["fp16"]
    if not has_bf16():
        del kernels["bf16"]
    return kernels


def fastest(weights: Sequence[Tensor], kernels: dict[str, Kernel]) -> str:
    """The name of the kernel that would decode a report in the least time.

    `weights` are a few fp32 matrices of the model with one number of columns: enough of them that
    they do not all stay in the processor's caches. The trial takes a few hundred milliseconds.
    """
    if len(kernels) == 1:
        return next(iter(kernels))
    made = {name: [kernel(weight) for weight in weights] for name, kernel in kernels.items()}
    seconds = dict.fromkeys(kernels, 0.0)
    for tokens, passes in _TOKENS_AND_PASSES:
        inputs = torch.ones(tokens, weights[0].shape[1])
        rounds = [
            {name: _timed(linears, inputs) for name, linears in made.items()}
            for _ in range(_ROUNDS)
        ]
        for name in kernels:
            seconds[name] += passes * min(one[name] for one in rounds)
    if "bf16" in seconds:
        seconds["bf16"] *= _BF16_GAIN
    return min(seconds, key=seconds.__getitem__)


@torch.inference_mode()
def _timed(linears: Sequence[nn.Module], inputs: Tensor) -> float:
    began = time.perf_counter()
    for linear in linears:
        linear(inputs)
    return time.perf_counter() - began
