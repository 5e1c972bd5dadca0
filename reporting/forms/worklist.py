"""The filters of the worklist and of the timing page."""

from typing import Any

from django import forms

from reporting.exports.timing import TimingFilter
from reporting.models import ImagingStudy, Report
from reporting.selectors.worklist import SORTS, WorklistFilters

ANY = ("", "All")


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class WorklistForm(forms.Form):
    """Search, filters and order; wrong entries are reported, never guessed."""

    search = forms.CharField(
        required=False,
        max_length=100,
        strip=True,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": "Name, ID or accession", "accesskey": "f"}
        ),
    )
    modality = forms.ChoiceField(required=False, choices=[ANY, ("CT", "CT"), ("MR", "MR")])
    status = forms.ChoiceField(required=False, choices=[ANY, *ImagingStudy.Status.choices])
    priority = forms.ChoiceField(required=False, choices=[ANY, *ImagingStudy.Priority.choices])
    start = _day("From")
    end = _day("To")
    sort = forms.ChoiceField(
        required=False,
        choices=[
            (sort, label) for sort, label in zip(SORTS, ("Priority", "Date", "Name"), strict=True)
        ],
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it starts."""
        data = super().clean() or {}
        if data.get("start") and data.get("end") and data["start"] > data["end"]:
            self.add_error("end", "The last day is before the first: exchange them.")
        return data

    def filters(self) -> WorklistFilters:
        """What the selector takes; only for a valid form."""
        data = self.cleaned_data
        return WorklistFilters(
            search=data["search"],
            modality=data["modality"] or None,
            status=data["status"] or None,
            priority=int(data["priority"]) if data["priority"] else None,
            start=data["start"],
            end=data["end"],
            sort=data["sort"] or "priority",
        )


class NextForm(forms.Form):
    """From which exam to go on, in which mode, under which filters of the worklist."""

    after = forms.UUIDField(required=False)
    mode = forms.ChoiceField(choices=Report.Mode.choices)
    query = forms.CharField(required=False, max_length=1000)


class TimingForm(forms.Form):
    """Which reports a coordinator looks at."""

    site = forms.SlugField(required=False)
    mode = forms.ChoiceField(required=False, choices=[ANY, *Report.Mode.choices])
    start = _day("From")
    end = _day("To")

    def chosen(self) -> TimingFilter:
        """What the export takes; only for a valid form."""
        data = self.cleaned_data
        return TimingFilter(data["site"] or None, data["mode"] or None, data["start"], data["end"])
