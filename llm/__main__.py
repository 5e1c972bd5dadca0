"""`python -m llm fill|synth|teach|train|evaluate|base-model …`"""

from __future__ import annotations

import sys

from llm.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
