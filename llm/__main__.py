"""`python -m llm COMMAND …`; without one it prints the commands."""

from __future__ import annotations

import sys

from llm.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
