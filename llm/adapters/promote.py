"""`python -m llm promote ADAPTER [--live DIR]`: makes an adapter the one that the app uses.

Only if its recorded scores pass the gate: under the ceilings for unsupported findings and for
contradictions, and no worse than the live adapter on the same data. A worker that runs takes it up
by itself. `python -m llm rollback` goes back.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from llm.adapters import registry
from llm.adapters.gate import refusals
from llm.engines.adapter import read_card
from llm.engines.base import EngineError


def main(argv: Sequence[str]) -> int:
    """0 when the adapter is live, 1 when the gate refuses it, 2 for bad input."""
    options = _parser().parse_args(argv)
    try:
        card = read_card(options.adapter)
        now = registry.live_adapter(options.live)
        reasons = refusals(card.get("scores") or {}, now.scores if _fits(now.directory) else None)
        if reasons:
            sys.stderr.write("".join(f"{reason}\n" for reason in reasons))
            sys.stderr.write(f"Not promoted. {now.name} stays live.\n")
            return 1
        entry = registry.add(options.live, options.adapter)
    except (EngineError, registry.RegistryError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{entry.directory} is live. `python -m llm rollback` goes back.\n")
    return 0


def _fits(directory: Path) -> bool:
    """True where this version can run the adapter at all."""
    try:
        read_card(directory)
    except EngineError:
        return False
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m llm promote", description=__doc__)
    parser.add_argument("adapter", type=Path, metavar="ADAPTER")
    parser.add_argument(
        "--live",
        type=Path,
        default=registry.default_directory(),
        metavar="DIR",
        help="the registry of the app (default: DATA_DIR/adapters)",
    )
    return parser
