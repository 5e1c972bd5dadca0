"""The form of a macro."""

from typing import Any, ClassVar

from django import forms

from reporting.models import Macro, Site
from reporting.services.macros import MacroData

MINE = "mine"


class MacroForm(forms.ModelForm[Macro]):
    """Trigger, text, whose it is and which exams it is for. It is saved by the service."""

    whose = forms.ChoiceField(label="For")

    class Meta:
        model = Macro
        fields = ("trigger", "text", "report_template", "sex", "age_min", "age_max", "is_default")
        labels: ClassVar = {
            "report_template": "Procedure",
            "age_min": "Age from",
            "age_max": "to",
            "is_default": "Default text",
        }
        widgets: ClassVar = {"text": forms.Textarea(attrs={"rows": 6})}

    def __init__(self, *args: Any, sites: list[Site], personal: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["report_template"].empty_label = "All"  # type: ignore[attr-defined]
        self.fields["sex"].choices = [("", "All"), *Macro.SEXES]  # type: ignore[attr-defined]
        self.sites = {str(site.pk): site for site in sites}
        choices = [(MINE, "Me alone")] if personal else []
        self.fields["whose"].choices = [  # type: ignore[attr-defined]
            *choices,
            *((key, f"Everybody at {site.code}") for key, site in self.sites.items()),
        ]
        if self.instance.pk:
            self.initial["whose"] = str(self.instance.site_id or MINE)

    def clean(self) -> dict[str, Any]:
        """Refuse ages that no patient has."""
        data = super().clean() or {}
        low, high = data.get("age_min"), data.get("age_max")
        if low is not None and high is not None and low > high:
            self.add_error("age_max", "The ages end before they begin: exchange them.")
        return data

    def data_of(self) -> MacroData:
        """What the service takes; only for a valid form."""
        data = dict(self.cleaned_data)
        return MacroData(site=self.sites.get(data.pop("whose")), **data)
