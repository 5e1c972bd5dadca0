"""What computes: this machine as it is found, or a graphics card by its name."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from llm.cpu import has_bf16

# The share of a card's rated speed that training usually reaches, and of this machine's measured
# matrix speed. The first is an assumption, the second was measured with the shipped recipe.
RATED_SHARE, MEASURED_SHARE = 0.35, 0.85


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a recipe would run: `speed` in operations a second, `memory` in bytes of one device."""

    name: str
    speed: float
    memory: int
    dtype: torch.dtype
    is_measured: bool = False

    @property
    def usable_speed(self) -> float:
        """Operations a second that a training step can be expected to make."""
        return self.speed * (MEASURED_SHARE if self.is_measured else RATED_SHARE)


def _card(name: str, teraflops: float, gigabytes: int, dtype: torch.dtype) -> Machine:
    return Machine(name, teraflops * 1e12, gigabytes * 10**9, dtype)


# Dense rates of the makers' data sheets in the type named; a T4 has no bfloat16.
CARDS: Mapping[str, Machine] = {
    card.name: card
    for card in (
        _card("t4", 8.1, 16, torch.float32),
        _card("rtx-3090", 71, 24, torch.bfloat16),
        _card("rtx-4090", 165, 24, torch.bfloat16),
        _card("a10g", 70, 24, torch.bfloat16),
        _card("l4", 121, 24, torch.bfloat16),
        _card("l40s", 362, 48, torch.bfloat16),
        _card("a100-40gb", 312, 40, torch.bfloat16),
        _card("a100-80gb", 312, 80, torch.bfloat16),
        _card("h100-80gb", 989, 80, torch.bfloat16),
    )
}


def fastest_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device computes in it, float32 where it would only convert.

    On a CPU without such instructions one step in bfloat16 takes over twenty times as long.
    """
    if device.type == "cuda":
        is_fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        is_fast = has_bf16()
    return torch.bfloat16 if is_fast else torch.float32


def this_machine() -> Machine:
    """This machine with the speed of its matrix products, measured in about a second."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = fastest_dtype(device)
    if device.type == "cuda":
        card = torch.cuda.get_device_properties(device)
        speed = _speed(device, dtype, time.perf_counter)
        return Machine(card.name, speed, card.total_memory, dtype, True)
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    threads = torch.get_num_threads()
    speed = threads * _speed_of_a_thread(dtype)
    return Machine(f"this machine, {threads} CPU threads", speed, pages, dtype, True)


def _speed_of_a_thread(dtype: torch.dtype) -> float:
    """Operations a second of one thread; its own time counts, whatever else the machine does."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _speed(torch.device("cpu"), dtype, time.thread_time)
    finally:
        torch.set_num_threads(threads)


def _speed(device: torch.device, dtype: torch.dtype, clock: Callable[[], float]) -> float:
    """Operations a second of a product of the size that a layer makes; the best of some."""
    tokens, inner, outer = (1536, 576, 1536) if device.type == "cpu" else (8192, 4096, 4096)
    x = torch.randn(tokens, inner, device=device, dtype=dtype)
    weight = torch.randn(outer, inner, device=device, dtype=dtype)
    best = float("inf")
    for _ in range(20):
        began = clock()
        x @ weight.T
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, clock() - began)
    return 2 * tokens * inner * outer / best
