"""What coordinators write about a study."""

from typing import Any, ClassVar

from django import forms

from reporting.models import Arm, Case, ReaderStudy, Site, StudyReader, User
from reporting.services.reader_studies import AMENDABLE, PROTOCOL
from reporting.timing_definitions.exclusions import RuleInvalid, rules_read, rules_text

LONG: dict[str, forms.Widget] = {
    name: forms.Textarea(attrs={"rows": rows})
    for name, rows in (
        ("question", 2),
        ("hypotheses", 2),
        ("primary_outcome", 2),
        ("analysis_plan", 4),
        ("instructions", 4),
        ("consent_text", 4),
    )
}


class LinesField(forms.CharField):
    """A list of texts, one a line; empty lines are left out."""

    def __init__(self, **kwargs: Any):
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 3}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show a stored list line by line."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Read the lines."""
        lines = (line.strip() for line in (super().to_python(value) or "").splitlines())
        return [line for line in lines if line]


class RulesField(LinesField):
    """Exclusion rules, one a line: its name and, where it has one, its limit in seconds."""

    def prepare_value(self, value: Any) -> Any:
        """Show each stored rule as a line."""
        return rules_text(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Read the lines; a rule that does not exist is refused with those that do."""
        rules = [_rule(line) for line in super().to_python(value)]
        try:
            rules_read(rules)
        except RuleInvalid as error:
            raise forms.ValidationError(str(error)) from error
        return rules


def _rule(line: str) -> dict[str, Any]:
    name, _, limit = line.partition(" ")
    try:
        return {"rule": name, "seconds": float(limit)} if limit else {"rule": name}
    except ValueError as error:
        raise forms.ValidationError(f"{limit!r} is no number of seconds.") from error


class ProtocolForm(forms.ModelForm[ReaderStudy]):
    """The protocol of a draft."""

    exclusion_rules = RulesField(
        label="Exclusion rules, one a line: practice, technical_failure, open_to_sign_over 1800 …"
    )

    class Meta:
        model = ReaderStudy
        fields = PROTOCOL
        widgets = LONG
        labels: ClassVar = {
            "idle_threshold_seconds": "Idle from (s)",
            "washout_days": "Washout (days)",
            "technical_repeats": "Repeats after a technical failure",
            "instructions": "Instructions for readers",
            "consent_text": "Text of the consent",
        }


class NewStudyForm(ProtocolForm):
    """The protocol of a new study, with its site."""

    site = forms.ModelChoiceField(queryset=Site.objects.none(), empty_label=None)

    def __init__(self, *args: Any, sites: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites  # type: ignore[attr-defined]


class AmendmentForm(ProtocolForm):
    """What an amendment may change, and the reason for it."""

    reason = forms.CharField(
        label="Why it is amended",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why the protocol is amended."},
    )

    class Meta(ProtocolForm.Meta):
        fields = AMENDABLE  # type: ignore[assignment]


class ArmForm(forms.ModelForm[Arm]):
    """One arm."""

    left_out = LinesField(label="Form without (template:item, one a line)")

    class Meta:
        model = Arm
        fields = ("name", "mode", "left_out", "planted_error_share")
        labels: ClassVar = {"planted_error_share": "Share of fills with a planted error (0–1)"}

    def clean_left_out(self) -> list[str]:
        """Refuse a line that names no template."""
        lines: list[str] = self.cleaned_data["left_out"]
        for line in lines:
            template, colon, item = line.partition(":")
            if not (template and colon and item):
                raise forms.ValidationError(f"{line!r} is not template:item.")
        return lines


class CaseForm(forms.ModelForm[Case]):
    """What is shown of a case, and how it counts."""

    class Meta:
        model = Case
        fields = ("stratum", "material_kind", "material", "is_practice")
        labels: ClassVar = {
            "material_kind": "Material",
            "material": "What the reader gets to read, the same in all arms",
        }
        widgets: ClassVar = {"material": forms.Textarea(attrs={"rows": 2})}

    def clean(self) -> dict[str, Any]:
        """Refuse a link that is none."""
        data = super().clean() or {}
        is_link = data.get("material_kind") == Case.MaterialKind.LINK
        address = str(data.get("material", "")).strip()
        if is_link and not address.startswith(("https://", "http://")):
            self.add_error("material", "A link begins with https:// or http://.")
        return data


class ReaderForm(forms.ModelForm[StudyReader]):
    """A reader with experience and training."""

    class Meta:
        model = StudyReader
        fields = ("user", "experience", "experience_years", "training")
        labels: ClassVar = {
            "user": "Reader",
            "experience_years": "Years",
            "training": "Training for the study",
        }
        widgets: ClassVar = {"training": forms.TextInput()}

    def __init__(self, *args: Any, people: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        chosen: forms.ModelChoiceField[User] = self.fields["user"]  # type: ignore[assignment]
        chosen.queryset = people
        chosen.label_from_instance = _person_label  # type: ignore[method-assign]


def _person_label(obj: User) -> str:
    return f"{obj.display_name}, {obj.get_role_display()}"
