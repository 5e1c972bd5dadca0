"""Where the files that come with the project are."""

from __future__ import annotations

from pathlib import Path

_FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
TEMPLATES = _FIXTURES / "report_templates"
ADAPTER = _FIXTURES / "adapter"
