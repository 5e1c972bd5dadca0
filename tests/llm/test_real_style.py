"""The real-style conclusions are the sealed ones, and their labels are complete."""

import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from llm.paths import split_path
from tests.llm.strategies import SHIPPED

FOLDER = Path(__file__).resolve().parents[1] / "data" / "real_style"
SEALS = {
    name: seal
    for seal, name in map(str.split, (FOLDER / "SHA256SUMS").read_text("utf-8").splitlines())
}
PER_TEMPLATE = {"test": 12, "dev": 8}
KEYS = ["id", "template", "sex", "exam_side", "conclusion"]
RUN = 8
# The labels that are scored against, and the two readings that they were decided from.
LABELS = [f"labels-{reading}{name}" for name in PER_TEMPLATE for reading in ("", "a-", "b-")]


def lines(name):
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()]


def runs(conclusion):
    """Each run of eight words, in lower case and without punctuation."""
    words = re.sub(r"[\W_]+", " ", conclusion.lower()).split()
    return {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


def test_both_files_are_sealed():
    assert set(SEALS) == {f"{name}.jsonl" for name in PER_TEMPLATE}


@pytest.mark.parametrize("name", SEALS)
def test_no_byte_has_changed(name):
    assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == SEALS[name]


@pytest.mark.parametrize("name", PER_TEMPLATE)
def test_every_template_has_its_number_of_conclusions(name):
    count = PER_TEMPLATE[name]
    found = lines(name)
    assert Counter(line["template"] for line in found) == dict.fromkeys(SHIPPED, count)
    expected = {f"{t}-{name[0]}{i:02}" for t in SHIPPED for i in range(1, count + 1)}
    assert {line["id"] for line in found} == expected


@pytest.mark.parametrize("line", lines("test") + lines("dev"), ids=lambda line: line["id"])
def test_a_line_is_an_exam_with_a_conclusion(line):
    assert list(line) == KEYS
    assert line["id"].rpartition("-")[0] == line["template"]
    prostate, knee = line["template"] == "mri_prostate", line["template"] == "mri_knee"
    assert line["sex"] in ({"male"} if prostate else {"female", "male", None})
    assert line["exam_side"] in ({"left", "right"} if knee else {None})
    assert line["conclusion"].strip() == line["conclusion"] != ""


def test_ids_are_unique():
    ids = Counter(line["id"] for line in lines("test") + lines("dev"))
    assert max(ids.values()) == 1


def test_the_sets_share_no_wording():
    test, dev = ([line["conclusion"] for line in lines(name)] for name in ("test", "dev"))
    assert not set(test) & set(dev)
    assert not set().union(*map(runs, test)) & set().union(*map(runs, dev))


def test_shared_wording_would_be_found():
    a = runs("No change of the cyst, 4 mm, in segment II.")
    assert a & runs("Earlier: NO CHANGE of the cyst (4 mm) in segment III.")
    assert not a & runs("No change of the cyst, 5 mm, in segment II.")


@pytest.mark.parametrize("name", LABELS)
def test_every_conclusion_is_labelled_in_the_order_of_the_file(name):
    conclusions = lines(name.rpartition("-")[2])
    assert [line["id"] for line in lines(name)] == [line["id"] for line in conclusions]


@pytest.mark.parametrize("name", LABELS)
def test_rows_of_open_groups_are_numbered_without_a_gap(name):
    for line in lines(name):
        rows = {}
        for path in map(split_path, line["values"]):
            if path.row.isdigit():
                rows.setdefault(path.key, set()).add(int(path.row))
        for key, numbers in rows.items():
            assert numbers == set(range(1, len(numbers) + 1)), (line["id"], key)
