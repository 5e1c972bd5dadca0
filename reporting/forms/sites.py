"""A site as its administrator sees it."""

from typing import Any

from django import forms

from reporting.models import Site
from reporting.sign_gate import PASSIVE_LABELS, SignGate, gate_read


class SiteForm(forms.ModelForm[Site]):
    """A site with its sign gate, which is stored by a service."""

    passive = forms.MultipleChoiceField(
        label="May be signed without being checked one by one",
        choices=list(PASSIVE_LABELS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Nothing chosen is the strictest: each answer of the model must be decided.",
    )
    names_model = forms.BooleanField(
        label="The report says which values the model proposed", required=False
    )

    class Meta:
        model = Site
        fields = ("code", "name", "text_width", "text_upper_headings", "text_conclusion_first")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        gate = gate_read(self.instance.sign_gate)
        self.initial["passive"] = sorted(gate.passive)
        self.initial["names_model"] = gate.names_model

    def gate(self) -> SignGate:
        """Return the gate that was chosen."""
        return gate_read(
            {
                "passive": self.cleaned_data["passive"],
                "names_model": self.cleaned_data["names_model"],
            }
        )
