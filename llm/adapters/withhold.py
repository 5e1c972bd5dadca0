"""`python -m llm withhold ADAPTER TEMPLATE REASON`: lets an adapter fill a template no longer.

The card keeps what the adapter was trained on and says why it is not used; only fields that other
templates share are still filled. For what an adapter is too often wrong about to be of help.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from llm.engines.adapter import read_card
from llm.engines.base import EngineError
from llm.sft import card as card_file


def main(argv: Sequence[str]) -> int:
    """0 when the card says so, 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m llm withhold", description=__doc__)
    parser.add_argument("adapter", type=Path, metavar="ADAPTER")
    parser.add_argument("template", metavar="TEMPLATE")
    parser.add_argument("reason", metavar="REASON")
    options = parser.parse_args(argv)
    try:
        card = read_card(options.adapter)
        filled = card_file.filled_templates(card)
        if options.template not in filled:
            raise EngineError(f"The adapter fills {', '.join(filled)}; not {options.template!r}.")
        withheld = {**card.get("withheld", {}), options.template: options.reason}
        card_file.write(options.adapter, card | {"withheld": withheld})
    except (EngineError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0
