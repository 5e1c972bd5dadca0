"""What the processor of this machine can do."""

from __future__ import annotations

from pathlib import Path


def has_bf16() -> bool:
    """True where it has instructions for bfloat16; without them that type is only slower.

    False also where nobody can tell: on anything but Linux on x86.
    """
    try:
        words = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return False
    return not words.isdisjoint({"avx512_bf16", "amx_bf16"})
