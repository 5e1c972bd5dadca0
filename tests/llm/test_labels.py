"""Labels by id: what they may say, what follows from them, how far two labellers agree."""

import json

import pytest

from llm.cli import main
from llm.evaluation.cases import read_cases
from llm.evaluation.label_agreement import agreement
from llm.evaluation.label_sheet import sheet
from llm.evaluation.labels import LabelError, check_label, read_labels, true_values
from tests.llm.strategies import SHIPPED, SMALL

TEMPLATES = {SMALL.key: SMALL}


@pytest.fixture
def write(tmp_path):
    def write_(name, lines):
        path = tmp_path / name
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return path

    return write_


def label(write, **line):
    path = write("labels.jsonl", [{"id": "a", "values": {}} | line])
    return read_labels(path)["a"]


def test_labels_are_the_truth_with_what_follows(write):
    given = label(write, values={"cholecystitis": "calculous"}, normal=["pleura"])
    true = true_values(given, SMALL, sex=None)
    assert true["cholecystitis"] == "calculous"
    assert true["gallstones"] == "yes"
    assert true["effusion[left].size"] == true["effusion[right].size"] == "none"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"values": {"teeth": "none"}}, "no field 'teeth'"),
        ({"values": {"emphysema": "huge"}}, "emphysema: 'huge'"),
        ({"values": {"nodule[1].size": "big"}}, "nodule"),
        ({"values": {"lungs_other": "x"}}, "free text"),
        ({"normal": ["teeth"]}, "no section"),
    ],
)
def test_what_the_template_does_not_have_is_refused(write, line, message):
    with pytest.raises(LabelError, match=message) as caught:
        check_label(label(write, **line), SMALL)
    assert str(caught.value).startswith("labels.jsonl:1")


@pytest.mark.parametrize("line", ["{", "[]", '{"id": "a"}', '{"id": "a", "values": {}, "x": 1}'])
def test_a_broken_line_is_named(tmp_path, line):
    path = tmp_path / "x.jsonl"
    path.write_text(f'{{"id": "b", "values": {{}}}}\n{line}\n', encoding="utf-8")
    with pytest.raises(LabelError, match=r"x\.jsonl:2"):
        read_labels(path)


def test_an_id_is_labelled_once(write):
    with pytest.raises(LabelError, match="twice"):
        read_labels(write("l.jsonl", [{"id": "a", "values": {}}] * 2))


def test_conclusions_get_their_labels_by_id(write):
    data = write(
        "data.jsonl",
        [
            {"id": "a", "template": SMALL.key, "conclusion": "Mild emphysema.", "sex": "female"},
            {"id": "b", "template": SMALL.key, "conclusion": "Cough."},
            {"id": "c", "impression": "No emphysema."},
        ],
    )
    labels = write(
        "labels.jsonl",
        [
            {"id": "a", "values": {"emphysema": "mild"}},
            {"id": "c", "template": SMALL.key, "values": {"emphysema": "none"}},
        ],
    )
    found = read_cases([data], TEMPLATES, labels=read_labels(labels))
    assert [case.request.conclusion for case in found.cases] == ["Mild emphysema.", "No emphysema."]
    assert [case.true for case in found.cases] == [{"emphysema": "mild"}, {"emphysema": "none"}]
    assert found.unlabelled == ["b"]


def test_conclusions_without_truth_are_refused(write):
    data = write("data.jsonl", [{"id": "a", "template": SMALL.key, "conclusion": "x"}])
    with pytest.raises(ValueError, match=r"data.jsonl:1: .*--labels"):
        read_cases([data], TEMPLATES)


def test_two_who_agree_but_for_row_numbers_agree_fully(write):
    rows = {"nodule[1].size": 5, "nodule[2].size": 9}
    turned = {"nodule[1].size": 9, "nodule[2].size": 5}
    found = agreement([(SMALL, label(write, values=rows), label(write, values=turned))])
    assert found.kappa_stated == found.kappa_value == found.same_value == 1


def test_stating_and_value_are_told_apart(write):
    one = label(write, values={"emphysema": "mild", "gallstones": "yes"})
    other = label(write, values={"emphysema": "severe", "gallstones": "yes"})
    found = agreement([(SMALL, one, other)])
    assert found.kappa_stated == 1
    assert found.kappa_value < 1
    assert found.same_value == found.same_stated == 0.5
    none = agreement([(SMALL, one, label(write))])
    assert none.kappa_stated == none.same_stated == 0
    assert none.stated == 2
    assert none.same_value is None


def test_a_section_called_normal_is_a_decision(write):
    one, other = label(write, normal=["pleura"]), label(write, normal=["pleura", "lungs"])
    assert agreement([(SMALL, one, one)]).kappa_value == 1
    assert 0 < agreement([(SMALL, one, other)]).kappa_stated < 1


def test_the_commands(write, capsys):
    key = "ct_chest"
    data = write("d.jsonl", [{"id": "a", "template": key, "conclusion": "x"}])
    a = write("a.jsonl", [{"id": "a", "values": {"emphysema": "mild"}}])
    assert main(["label-agreement", str(a), str(a), "--data", str(data)]) == 0
    assert json.loads(capsys.readouterr().out)["all"]["kappa_value"] == 1
    empty = write("e.jsonl", [])
    assert main(["label-agreement", str(a), str(empty), "--data", str(data)]) == 2
    assert main(["label-sheet", key]) == 0
    assert main(["label-sheet", "teeth"]) == 2
    assert "known: ct_" in capsys.readouterr().err


@pytest.mark.parametrize("template", SHIPPED.values(), ids=list(SHIPPED))
def test_a_sheet_has_every_field_and_no_wording(template):
    text = sheet(template)
    words = {phrase for item in template.items() for phrase in getattr(item, "absent_phrases", ())}
    labels = [item.label for item in template.items()]
    labels += [o.label for item in template.items() for o in options_of(item)]
    labels += [m.label for item in template.items() for m in getattr(item, "fields", ())]
    shown = " | ".join(labels).casefold()
    for item in template.items():
        if getattr(item, "kind", "group") != "text":
            assert f"{item.key}:" in text or f"{item.key}[row]" in text
        for option in options_of(item):
            words |= set(option.phrases)
            assert option.value in text
    long = {w for w in words if len(w.split()) > 2 and w.casefold() not in shown and "(" not in w}
    assert long
    assert not [word for word in long if word in text]


def options_of(item):
    fields = getattr(item, "fields", (item,))
    return [option for field in fields for option in field.options]
