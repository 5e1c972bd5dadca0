"""A draft begins empty, with a version, or with a file; and who may begin one."""

import io
import json

import pytest
from django.urls import reverse

from reporting.forms.report_templates import FILE_MAX
from reporting.models import AuditEvent, TemplateDraft
from reporting.services.errors import ActionBlocked
from reporting.services.template_drafts import template_draft_discard
from tests import factories
from tests.reporting.templates import draft


def upload(browser, site, content):
    file = io.BytesIO(content)
    file.name = "template.json"
    return browser.post(reverse("template_import"), {"site": site, "file": file})


def test_a_file_becomes_a_draft_with_its_faults(cast, sign_in):
    content = {**factories.definition(), "modality": ""}
    answer = upload(sign_in(cast.grace), cast.north.pk, json.dumps(content).encode())
    one = TemplateDraft.objects.get()
    assert answer.url == reverse("template_draft_edit", args=[one.pk])
    assert one.definition == content
    assert "modality is empty" in sign_in(cast.grace).get(answer.url).content.decode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"key": "a",\n "b" 1}', "line 2, column 6"),
        (b"\xff\xfe{}", "no UTF-8"),
        (b"[]", "no JSON object"),
        (b"{}", "no list of sections"),
        (b'{"sections": {}}', "sections must be a list"),
        (b'{"sections": [{"key": "lungs", "fields": [1]}]}', "lungs: fields must be a list"),
        (b'{"sections": [{"fields": [{"key": "a", "options": {}}]}]}', "a: options must be"),
        (b'{"sections": ' + b"[" * 100_000, "cannot be read|no JSON"),
        (b'{"sections": [], "x": NaN}', "is not JSON"),
        (b'{"sections": [], "x": "\\u0000"}', "null character"),
        (b" " * (FILE_MAX + 1), "at most 3 MB"),
        (b"", "empty"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(cast, sign_in, content, words):
    answer = upload(sign_in(cast.grace), cast.north.pk, content)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert any(word in page for word in words.split("|"))
    assert not TemplateDraft.objects.exists()


def test_a_version_of_all_sites_becomes_a_draft_of_ones_own(cast, sign_in):
    version = factories.template_version()
    address = reverse("template_version_edit", args=[version.pk])
    sign_in(cast.grace).post(address, {"site": cast.north.pk})
    one = TemplateDraft.objects.get()
    assert (one.site, one.base, one.report_template) == (cast.north, version, None)
    assert one.definition == version.definition


def test_an_empty_one_has_faults_and_opens(cast, sign_in):
    browser = sign_in(cast.grace)
    answer = browser.post(reverse("template_draft_add"), {"site": cast.north.pk}, follow=True)
    assert "there are no sections" in answer.content.decode()


def test_one_draft_for_each_template(cast):
    factories.template_version()
    draft(cast.heidi)
    with pytest.raises(ActionBlocked, match="go on with it"):
        draft(cast.heidi)


@pytest.mark.parametrize("name", ["alice", "bob", "carol", "erin", "frank"])
def test_who_writes_no_templates_sees_none(cast, sign_in, name):
    version = factories.template_version()
    one = draft(cast.grace, cast.north)
    browser = sign_in(getattr(cast, name))
    page = browser.get("/", follow=True)
    assert reverse("template_list") not in page.content.decode()
    for address in ("template_list", "template_compare"):
        assert browser.get(reverse(address)).status_code == 404
    for address in ("template_version", "template_export"):
        assert browser.get(reverse(address, args=[version.pk])).status_code == 404
    for address in ("template_draft_edit", "template_draft_export"):
        assert browser.get(reverse(address, args=[one.pk])).status_code == 404


CHANGES = ("part_set", "part_add", "part_move", "part_remove", "option_add", "option_move",
           "option_remove", "draft_undo", "publish", "draft_discard", "draft_preview")  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_draft_of_another_site_is_not_there(cast, sign_in, change):
    one = draft(cast.heidi, cast.south)
    shared = draft(cast.heidi)
    for name in ("grace", "alice"):
        browser = sign_in(getattr(cast, name))
        for theirs in (one, shared):
            answer = browser.post(reverse(f"template_{change}", args=[theirs.pk]), {"note": "x"})
            assert answer.status_code == 404
    assert TemplateDraft.objects.filter(revision=1).count() == 2


def test_a_site_that_is_not_theirs(cast, sign_in):
    browser = sign_in(cast.grace)
    for site in (cast.south.pk, "all", "x"):
        assert browser.post(reverse("template_draft_add"), {"site": site}).status_code == 404
        content = json.dumps(factories.definition()).encode()
        assert upload(browser, site, content).status_code == 422
    with pytest.raises(ActionBlocked):
        draft(cast.grace, cast.south)
    with pytest.raises(ActionBlocked):
        draft(cast.grace)


def test_what_was_discarded_is_in_the_audit_trail(cast):
    one = draft(cast.grace, cast.north)
    definition = one.definition
    template_draft_discard(draft=one, author=cast.grace)
    assert not TemplateDraft.objects.exists()
    event = AuditEvent.objects.get(action="template_draft_discard")
    assert event.details == {"definition": definition}
