"""The multiplications of the decoder: each gives what fp32 gives, and the fastest is chosen."""

import pytest
import torch

from llm.engines import kernels

TOLERANCE = {"fp32": 0.0, "fp16": 2e-3, "bf16": 2e-2}
torch.manual_seed(1)
WEIGHTS = [torch.randn(96, 64) / 8 for _ in range(2)]


@pytest.mark.parametrize("name", kernels.KERNELS)
@pytest.mark.parametrize("tokens", [1, 5, 40])
def test_a_kernel_multiplies(name, tokens):
    if name == "fp16" and "fp16" not in kernels.cpu_kernels():
        pytest.skip("torch has no FBGEMM here, which fp16 weights need")
    inputs = torch.randn(tokens, 64)
    product = kernels.KERNELS[name](WEIGHTS[0])(inputs)
    assert product.dtype == torch.float32
    assert torch.allclose(product, inputs @ WEIGHTS[0].T, atol=TOLERANCE[name])


def test_fp32_is_always_there():
    assert "fp32" in kernels.cpu_kernels()


def test_the_faster_kernel_is_chosen():
    def slow(weight):
        return lambda inputs: [kernels.Plain(weight)(inputs) for _ in range(200)][-1]

    assert kernels.fastest(WEIGHTS, {"slow": slow, "quick": kernels.Plain}) == "quick"


def test_a_single_kernel_needs_no_trial():
    def untried(weight):
        raise AssertionError("tried")

    assert kernels.fastest(WEIGHTS, {"fp32": untried}) == "fp32"
