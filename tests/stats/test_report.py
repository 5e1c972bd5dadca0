"""The study report: escaped, marked, filled in as far as the content goes."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from reporting.stats.analysis import analyse
from reporting.stats.cli import main
from reporting.stats.report.checklists import GUIDELINES
from reporting.stats.report.content import (
    TO_WRITE,
    Picture,
    Protocol,
    Provenance,
    StudyReport,
    digest,
)
from reporting.stats.report.markup import Html, element
from reporting.stats.report.methods import statistics_text
from reporting.stats.report.page import page
from reporting.stats.report.pdf import pdf_of
from reporting.stats.report.results import further
from reporting.stats.table import Table
from tests.stats.studies import cells, readings, write

PLAN = "Log times, Holm."
LOCKED = Protocol(plan=PLAN, plan_sha256=digest(PLAN.encode()), locked_at="2026-01-01")


def made(protocol=LOCKED, keep=None, simulated=0):
    logs = cells(np.random.default_rng(0), (3, 2, 4), effects=[0, -0.5])
    analysis = analyse(Table(tuple(readings(logs, keep)), (), simulated), margin=1.1)
    provenance = Provenance("t.csv", "ab12", "c0de", {"numpy": "2"}, {"adapter": "f00"})
    picture = Picture("times", 'A "caption" <of> it', b"<svg/>")
    return page(StudyReport(protocol, provenance, analysis, (picture,)))


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x>', "a & b", "</title><b>"]
)
def test_every_text_is_escaped(text):
    given = Protocol(**{field: text for field in ("title", "question", "plan", "design")})
    found = made(given)
    assert text not in found
    assert element("p", text) in found
    assert element("title", text) in found


def test_markup_escapes_text_and_attributes_and_keeps_markup():
    inner = element("b", "<x>")
    assert (
        element("p", inner, 'a"', title='"<') == '<p title="&quot;&lt;"><b>&lt;x&gt;</b>a&quot;</p>'
    )
    assert isinstance(inner, Html)


def test_only_a_locked_plan_makes_the_primary_analysis_confirmatory():
    for protocol, mark in ((LOCKED, "confirmatory"), (Protocol(plan=PLAN), "exploratory")):
        found = made(protocol)
        assert f'Primary analysis <span class="mark">{mark}</span>' in found
        assert 'Further analyses <span class="mark">exploratory</span>' in found


def test_the_numbers_are_those_of_the_analysis_and_their_origin_is_named():
    found = made()
    for part in ("by hand / free text", "Equivalence within a ratio of 1.1", "ab12", "c0de", "f00"):
        assert part in found
    assert "All 24 readings have a time." in found
    keep = np.ones((3, 2, 4), dtype=bool)
    keep[0, 1, 2] = False
    assert "1 of 24 readings have no time" in made(keep=keep)


def test_simulated_times_are_said_at_the_head_and_confirm_nothing():
    assert "Simulated:" not in made()
    assert "confirmatory</span>" not in made(simulated=3)
    assert made(simulated=3).index("Simulated: 3 rows") < made(simulated=3).index("Introduction")


def test_the_methods_name_only_what_was_done():
    found = made()
    assert "each reader and each case was counted once" in found
    assert "Mann-Whitney" not in found
    assert "Friedman" not in found
    rows = readings(cells(np.random.default_rng(0), (3, 2, 4)))
    plain = Table(tuple(replace(row, case="") for row in rows), (), 0)
    assert "Beside it, each reader was counted once" in statistics_text(analyse(plain))


def test_every_test_by_unit_is_in_the_results():
    logs = cells(np.random.default_rng(0), (6, 3, 4), effects=[0, -0.3, -0.6])
    crossed = analyse(Table(tuple(readings(logs)), (), 0))
    words = "".join(further(crossed))
    assert [words.count(f"Friedman&#x27;s test over {n}s") for n in ("6 reader", "4 case")] == [
        1,
        1,
    ]
    reader, arm, _ = np.indices(logs.shape)
    parallel = analyse(Table(tuple(readings(logs, reader % 3 == arm)), (), 0))
    assert "".join(further(parallel)).count("Mann-Whitney test") == 1


def test_each_item_names_a_section_or_is_left_to_the_authors():
    empty, full = made(Protocol()), made(Protocol(**dict.fromkeys(("cases", "readers"), "Some.")))
    row = '<tr><th scope="row">3a</th><td>{}</td><td>{}</td></tr>'
    asks = "How patients and data were chosen, and how many"
    assert row.format(asks, TO_WRITE) in empty
    assert row.format(asks, "Methods, Cases") in full


def test_the_guidelines_have_their_items():
    numbers = {name: [item.number for item in items] for name, items in GUIDELINES.items()}
    decide = numbers["DECIDE-AI"]
    assert {re.sub("[a-c]$", "", n) for n in decide} == {*map(str, range(1, 18))} | {
        *["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"]
    }
    assert len([n for n in decide if n[0].isdigit()]) == 28
    assert len(numbers["CONSORT-AI (items beside CONSORT)"]) == 14
    assert {re.match(r"\d+", n)[0] for n in numbers["TRIPOD-LLM"]} == {*map(str, range(1, 20))}
    for found in numbers.values():
        assert len(set(found)) == len(found)


def test_a_pdf_is_made():
    assert pdf_of(made()).startswith(b"%PDF")


def report(tmp_path, *more):
    rows = readings(cells(np.random.default_rng(0), (2, 2, 3), effects=[0, -0.5]))
    file = write(tmp_path / "t.csv", rows)
    columns = ["--time", "seconds", "--arm", "mode", "--reader", "who", "--case", "case"]
    return main(["report", str(file), *columns, "--out", str(tmp_path / "out"), *more])


def test_the_command_writes_page_pdf_and_figures(tmp_path):
    protocol = tmp_path / "p.json"
    protocol.write_text(json.dumps({"title": "A & B"}), encoding="utf-8")
    assert report(tmp_path, "--protocol", str(protocol), "--model", "adapter=abc") == 0
    out = tmp_path / "out"
    text = (out / "report.html").read_text(encoding="utf-8")
    assert "<h1>A &amp; B</h1>" in text
    assert digest((tmp_path / "t.csv").read_bytes()) in text
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")
    assert {
        f"{name}.{kind}" for name in ("flow", "times", "forest") for kind in ("svg", "png", "pdf")
    } <= {path.name for path in (out / "figures").iterdir()}


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "JSON object of texts"),
        ('{"titel": "x"}', "'titel', which is none of: title"),
        ('{"title": 3}', "'title' must be a text"),
        ('{"plan": "x", "plan_sha256": "00"}', "not the one that was locked"),
    ],
)
def test_a_bad_protocol_is_refused(tmp_path, capsys, protocol, message):
    path = tmp_path / "p.json"
    path.write_text(protocol, encoding="utf-8")
    assert report(tmp_path, "--protocol", str(path)) == 2
    assert message in capsys.readouterr().err


def test_a_model_needs_a_hash(tmp_path, capsys):
    assert report(tmp_path, "--model", "adapter") == 2
    assert "NAME=HASH" in capsys.readouterr().err
