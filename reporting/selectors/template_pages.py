"""What the pages of the template author show: frozen views of templates, versions and drafts."""

from collections import defaultdict
from dataclasses import dataclass

from reporting import access
from reporting.models import ReportTemplateVersion, TemplateDraft, User
from reporting.services.template_drafts import PlacedFault
from reporting.template_controls import OPTION, Control, controls_for, shown
from reporting.template_parts import KINDS, At, Json, children, part_at, place_text, walk


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """One template with its versions, newest first, and its draft if the user may change it."""

    name: str
    key: str
    site: str
    versions: tuple[ReportTemplateVersion, ...]
    draft: TemplateDraft | None


@dataclass(frozen=True, slots=True)
class InputView:
    """One input: `choices` hold what is chosen too, also where no choice fits it."""

    name: str
    label: str
    kind: str
    text: str
    choices: tuple[tuple[str, str], ...]
    hint: str


@dataclass(frozen=True, slots=True)
class OptionInputs:
    """The inputs of one option."""

    key: str
    label: str
    inputs: tuple[InputView, ...]

    @property
    def focus(self) -> str:
        """The name by which a change asks for the first input of this option."""
        return f"option-{self.key}"

    @property
    def focus_up(self) -> str:
        """The same of the button that moves it up."""
        return f"{self.focus}-up"

    @property
    def focus_down(self) -> str:
        """The same of the button that moves it down."""
        return f"{self.focus}-down"


@dataclass(frozen=True, slots=True)
class TreeLine:
    """One part in the outline of a template, with the number of its faults."""

    at: str
    depth: int
    label: str
    what: str
    faults: int
    is_selected: bool


@dataclass(frozen=True, slots=True)
class PartView:
    """The part that is open: its inputs, its options, and what may be done with it."""

    at: str
    what: str
    label: str
    inputs: tuple[InputView, ...]
    options: tuple[OptionInputs, ...]
    has_options: bool
    may_add: tuple[tuple[str, str], ...]
    may_move: bool


@dataclass(frozen=True, slots=True)
class FaultView:
    """A fault with the place that it leads to."""

    at: str
    field: str
    message: str
    is_here: bool


def template_lines(user: User) -> tuple[TemplateLine, ...]:
    """Return the templates that an author sees, and drafts that are no template yet."""
    drafts = list(access.template_drafts_for(user))
    by_template = {draft.report_template_id: draft for draft in drafts}
    templates = access.templates_for(user).select_related("site").order_by("key", "site")
    versions: dict[int, list[ReportTemplateVersion]] = defaultdict(list)
    stored = ReportTemplateVersion.objects.filter(report_template__in=templates)
    for version in stored.defer("definition").order_by("-number"):
        versions[version.report_template_id].append(version)
    lines = [
        TemplateLine(
            template.name,
            template.key,
            template.site.code if template.site else "",
            tuple(versions[template.pk]),
            by_template.get(template.pk),
        )
        for template in templates
    ]
    new = [draft for draft in drafts if draft.report_template_id is None]
    return (*lines, *(_new_line(draft) for draft in new))


def _new_line(draft: TemplateDraft) -> TemplateLine:
    name, key = (str(draft.definition.get(part, "")) for part in ("name", "key"))
    return TemplateLine(
        name or "New template", key, draft.site.code if draft.site else "", (), draft
    )


def tree(definition: Json, faults: tuple[PlacedFault, ...], selected: At) -> tuple[TreeLine, ...]:
    """Return the outline: sections, their fields, and the members of the group that is open."""
    lines = [_tree_line((), definition, faults, selected)]
    for at, part in walk(definition):
        if len(at) < 3 or at[:2] == selected[:2]:
            lines.append(_tree_line(at, part, faults, selected))
    return tuple(lines)


def _tree_line(at: At, part: Json, faults: tuple[PlacedFault, ...], selected: At) -> TreeLine:
    # The faults of members that are not unfolded are counted at their group.
    folded = len(at) == 2 and at != selected[:2]
    count = sum(fault.at == at or (folded and fault.at[:2] == at) for fault in faults)
    return TreeLine(place_text(at), len(at), _label(part), _what(part, at), count, at == selected)


def _label(part: Json) -> str:
    return str(part.get("label") or part.get("name") or part.get("key") or "without a name")


def _what(part: Json, at: At) -> str:
    if len(at) < 2:
        return "section" if at else "template"
    return str(part.get("kind", "field")).replace("_", " ")


def part_view(definition: Json, at: At) -> PartView:
    """Return the part at a place, ready to be edited; raises NoSuchPart."""
    part = part_at(definition, at)
    kind = part.get("kind")
    chooses = len(at) > 1 and ("options" in part or kind in {"choice", "multi_choice", "bool"})
    kinds = KINDS if len(at) == 1 else KINDS[:-1] if len(at) == 2 and kind == "group" else ()
    return PartView(
        at=place_text(at),
        what=_what(part, at),
        label=_label(part),
        inputs=tuple(_input(control, part) for control in controls_for(part, len(at))),
        options=tuple(
            OptionInputs(
                str(number),
                _label(option) if option.get("label") else f"Option {number + 1}",
                tuple(_input(control, option) for control in OPTION),
            )
            for number, option in enumerate(part.get("options", []) if chooses else [])
        ),
        has_options=chooses,
        may_add=tuple((kind, kind.replace("_", " ")) for kind in kinds),
        may_move=bool(at) and len(children(part_at(definition, at[:-1]), at[:-1])) > 1,
    )


def _input(control: Control, part: Json) -> InputView:
    text = shown(control, part.get(control.name))
    choices = control.choices
    if control.kind == "choice" and text not in dict(choices):
        choices = (*choices, (text, text or "–"))
    return InputView(control.name, control.label, control.kind, text, choices, control.hint)


def fault_views(faults: tuple[PlacedFault, ...], at: At) -> tuple[FaultView, ...]:
    """Return the faults, those of the open part first."""
    views = [FaultView(place_text(f.at), f.field, f.message, f.at == at) for f in faults]
    return tuple(sorted(views, key=lambda view: not view.is_here))
