"""`python -m llm rollback [--live DIR]`: makes the adapter live that was live before."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from llm.adapters import registry


def main(argv: Sequence[str]) -> int:
    """0 when the adapter before is live, 2 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m llm rollback", description=__doc__)
    default = registry.default_directory()
    parser.add_argument("--live", type=Path, default=default, metavar="DIR")
    options = parser.parse_args(argv)
    try:
        live = registry.rollback(options.live)
    except (registry.RegistryError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{live.name} ({live.directory}) is live.\n")
    return 0
