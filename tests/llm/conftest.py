"""The small template that the tests of the decoding share."""

from __future__ import annotations

import pytest

from llm.schema import ReportTemplate
from tests.llm.strategies import SMALL


@pytest.fixture
def template() -> ReportTemplate:
    return SMALL
