"""Files of JSON lines: any text comes back as it was, and what cannot be read is placed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.json_lines import parsed, read_objects


@given(st.lists(st.text()))
def test_texts_come_back_whatever_ends_of_lines_they_hold(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("lines") / "x.jsonl"
    lines = [json.dumps({"conclusion": text}, ensure_ascii=False) for text in texts]
    path.write_bytes("\n \n".join(lines).encode("utf-8", "surrogatepass"))
    assert [line["conclusion"] for _, line in read_objects(path)] == texts


@pytest.mark.parametrize("line", [b"{", b"[]", b"7", b'{"a": "\xff"}', b"[" * 100_000])
def test_a_line_that_is_no_object_is_named(tmp_path, line):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a": 1}\n\n' + line)
    with pytest.raises(ValueError, match=r"x\.jsonl:3: not a"):
        list(read_objects(path))


def test_what_is_nested_too_deep_is_no_json():
    with pytest.raises(ValueError, match="too deep"):
        parsed("[" * 100_000)
