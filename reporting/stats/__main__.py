"""`python -m reporting.stats`."""

import sys

from reporting.stats.cli import main

sys.exit(main())
