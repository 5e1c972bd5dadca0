"""What the tests of the template author share."""

from typing import Any

from django.urls import reverse

from reporting.models import ReportTemplateVersion, TemplateDraft, User
from reporting.services import template_drafts
from reporting.services.template_drafts import template_draft_add
from tests import factories


def draft(author: User, site: Any = None, **changes: Any) -> TemplateDraft:
    """A draft of the small template, without faults unless `changes` bring them."""
    definition = {**factories.definition(), **changes}
    return template_draft_add(author=author, site=site, definition=definition)


def publish(one: TemplateDraft, author: User) -> ReportTemplateVersion:
    """The version that a draft becomes."""
    return template_drafts.template_publish(
        draft=one, author=author, revision=one.revision, note="As agreed."
    )


def post(browser: Any, address: str, one: TemplateDraft, /, **given: Any) -> Any:
    """What the page answers to a change of the draft as it is stored now."""
    one.refresh_from_db()
    values = {"revision": one.revision, "at": "", **given}
    return browser.post(reverse(address, args=[one.pk]), values, headers={"HX-Request": "true"})


def form_of(browser: Any, one: TemplateDraft, at: str) -> dict[str, str]:
    """What the form of a part holds, as a browser would send it."""
    from reporting.selectors.template_pages import part_view
    from reporting.template_parts import place_read

    part = part_view(TemplateDraft.objects.get(pk=one.pk).definition, place_read(at))
    inputs = [("", part.inputs), *((f"option-{o.key}-", o.inputs) for o in part.options)]
    return {
        prefix + i.name: i.text.replace("\n", "\r\n")
        for prefix, many in inputs
        for i in many
        if i.text or i.kind != "flag"
    }
