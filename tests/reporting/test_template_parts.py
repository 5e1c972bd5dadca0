"""Parts and options of a draft are added, moved, removed and taken back."""

import pytest

from reporting.template_parts import NoSuchPart, added, place_read
from tests import factories
from tests.reporting.templates import draft, post


@pytest.fixture
def mine(cast):
    return draft(cast.grace, cast.north)


@pytest.fixture
def press(cast, sign_in, mine):
    browser = sign_in(cast.grace)

    def send(name, at="", **given):
        answer = post(browser, f"template_{name}", mine, at=at, **given)
        mine.refresh_from_db()
        return answer

    return send


def keys(one, at=""):
    part = one.definition
    for index in place_read(at):
        part = part.get("sections", part.get("fields"))[index]
    return [child["key"] for child in part.get("sections", part.get("fields", []))]


def values(one, at):
    part = one.definition["sections"]
    for index in place_read(at):
        part = (part if isinstance(part, list) else part["fields"])[index]
    return [option["value"] for option in part["options"]]


def test_a_section_comes_last_with_its_other_findings(press, mine):
    page = press("part_add").content.decode()
    assert keys(mine)[-1] == "section_1"
    assert keys(mine, str(len(keys(mine)) - 1)) == ["section_1_other"]
    assert "Section: section_1" in page
    assert page.count("autofocus") == 1


@pytest.mark.parametrize("kind", ["choice", "multi_choice", "number", "text", "bool", "group"])
def test_a_field_comes_before_the_other_findings(press, mine, kind):
    page = press("part_add", "0", kind=kind).content.decode()
    assert keys(mine, "0")[-2:] == [f"{'group' if kind == 'group' else 'field'}_1", "lungs_other"]
    assert ("+ option" in page) == (kind in {"choice", "multi_choice", "bool"})


def test_a_member_comes_last(press, mine):
    press("part_add", "0-3", kind="number")
    assert keys(mine, "0-3")[-1] == "field_1"


@pytest.mark.parametrize(
    ("at", "kind"), [("0-3", "group"), ("0-0", "choice"), ("0", "section"), ("0-3-0", "text")]
)
def test_what_cannot_be_there(press, mine, at, kind):
    assert press("part_add", at, kind=kind).status_code == 404
    assert mine.revision == 1


def test_moving_follows_the_part_and_stops_at_the_end(press, mine):
    page = press("part_move", "0-0", by="1").content.decode()
    assert keys(mine, "0")[:2] == ["emphysema_type", "emphysema"]
    assert 'name="at" value="0-1"' in page
    press("part_move", "0-1", by="-1")
    press("part_move", "0-0", by="-1")
    assert keys(mine, "0")[:2] == ["emphysema", "emphysema_type"]


def test_removing_is_taken_back(press, mine):
    before = mine.definition
    press("part_remove", "0-0")
    assert "emphysema" not in keys(mine, "0")
    press("draft_undo", "0-0")
    assert mine.definition == before
    press("draft_undo", "0-0")
    assert "emphysema" not in keys(mine, "0")


def test_undo_without_a_change_is_refused(press):
    answer = press("draft_undo")
    assert answer.status_code == 422
    assert "Nothing was changed" in answer.content.decode()


def test_the_last_part_leads_back_to_its_parent(press, mine):
    for _ in keys(mine, "0"):
        page = press("part_remove", "0-0").content.decode()
    assert 'name="at" value="0"' in page
    assert "has no fields" in page


def test_options(press, mine):
    before = values(mine, "0-0")
    press("option_move", "0-0", option="0", by="1")
    assert values(mine, "0-0") == [before[1], before[0], *before[2:]]
    press("option_remove", "0-0", option="1")
    assert values(mine, "0-0") == [before[1], *before[2:]]
    page = press("option_add", "0-0").content.decode()
    assert values(mine, "0-0")[-1] == ""
    assert 'id="p-option-3-value" value="" autocomplete="off" autofocus' in page


@pytest.mark.parametrize("option", ["9", "-1", "x", "", "²"])
def test_an_option_that_is_not_there(press, option):
    assert press("option_remove", "0-0", option=option).status_code == 404
    assert press("option_move", "0-0", option=option, by="1").status_code == 404


@pytest.mark.parametrize("name", ["part_move", "part_remove"])
def test_the_template_itself_is_neither_moved_nor_removed(press, mine, name):
    assert press(name, "", by="1").status_code == 404
    assert mine.revision == 1


def test_a_new_key_is_never_one_that_is_taken():
    definition = factories.definition()
    for _ in range(3):
        definition, _ = added(definition, (0,), "text")
    listed = [field["key"] for field in definition["sections"][0]["fields"]]
    assert {"field_1", "field_2", "field_3"} <= set(listed)
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("text", ["-", "1-", "a", "1-2-3-4", "²", "99999"])
def test_no_place(text):
    with pytest.raises(NoSuchPart):
        place_read(text)
