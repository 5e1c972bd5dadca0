"""How often what makes a conclusion hard is drawn; every number is a probability, or a weight."""

from __future__ import annotations

from dataclasses import dataclass, replace

LAYOUTS = ("paragraph", "numbered", "lines", "bullets", "telegram", "inline")


@dataclass(frozen=True, slots=True)
class Difficulty:
    """The shares of one difficulty.

    `findings` are weights of no finding, one, … ten; `layouts` those of `LAYOUTS`. The shares of
    sentences without a finding (`denied` … `unclear`) are for each sentence with one;
    `normal_report` and the shares behind it are for each conclusion.
    """

    findings: tuple[float, ...] = (5, 15, 20, 19, 14, 10, 6, 4, 3, 2, 2)
    layouts: tuple[float, ...] = (48, 16, 13, 8, 11, 4)
    joined: float = 0.22
    hedged: float = 0.13
    compared: float = 0.14
    listed: float = 0.10
    followed: float = 0.35
    interpreted: float = 0.06
    tail: float = 0.08
    denied: float = 0.25
    normal: float = 0.06
    other: float = 0.12
    unused: float = 0.18
    unclear: float = 0.04
    normal_report: float = 0.08
    contradiction: float = 0.03
    typos: float = 0.10
    lower: float = 0.09
    upper: float = 0.05
    title: float = 0.06


MIXED = Difficulty()
DIFFICULTIES = {
    "easy": replace(
        MIXED,
        findings=(5, 40, 35, 20),
        joined=0.05,
        interpreted=0.0,
        tail=0.0,
        unclear=0.0,
        contradiction=0.0,
        typos=0.0,
        lower=0.0,
        upper=0.0,
    ),
    "mixed": MIXED,
    "hard": replace(
        MIXED,
        findings=(0, 0, 0, 10, 15, 20, 20, 15, 10, 5, 5),
        joined=0.4,
        hedged=0.25,
        compared=0.25,
        interpreted=0.12,
        tail=0.16,
        unclear=0.08,
        contradiction=0.08,
        typos=0.3,
    ),
}
