"""The forms of the template pages: where a draft begins, a file, a note, an example."""

import json
from typing import Any

from django import forms

from reporting.models import Site
from reporting.template_parts import Json, shape_fault

FILE_MAX = 3 * 1024 * 1024
ALL_SITES = "all"


class SiteForm(forms.Form):
    """The site that a draft is for; its choices are those that the author writes for."""

    site = forms.ChoiceField(label="For")

    def __init__(self, *args: Any, sites: list[Site | None], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.sites = {str(site.pk) if site else ALL_SITES: site for site in sites}
        self.fields["site"].choices = [  # type: ignore[attr-defined]
            (key, site.code if site else "All sites") for key, site in self.sites.items()
        ]

    def chosen(self) -> Site | None:
        """The site, None for all; only for a valid form."""
        return self.sites[self.cleaned_data["site"]]


class UploadForm(SiteForm):
    """A template as a JSON file. Faults of the template language do not matter here."""

    file = forms.FileField(label="File")

    def clean_file(self) -> Json:
        """Return the definition in the file; say clearly what is wrong with one that has none."""
        file = self.cleaned_data["file"]
        if file.size > FILE_MAX:
            limit, size = FILE_MAX // 2**20, file.size / 2**20
            raise forms.ValidationError(f"The file has {size:.1f} MB; at most {limit} MB are read.")
        return definition_read(file.read())


def definition_read(content: bytes) -> Json:
    """Return the definition that a file holds; raises ValidationError with line and column."""
    try:
        definition: Json = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise forms.ValidationError(
            f"The file is no UTF-8 text: byte {error.start + 1} is none. Save it as UTF-8."
        ) from error
    except json.JSONDecodeError as error:
        raise forms.ValidationError(
            f"The file is no JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        ) from error
    except (RecursionError, ValueError) as error:
        raise forms.ValidationError("The file is no JSON that can be read.") from error
    if fault := shape_fault(definition):
        raise forms.ValidationError(fault)
    return definition


class NoteForm(forms.Form):
    """Why a version is published or retired."""

    note = forms.CharField(label="Why", required=False, max_length=1000)
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ExampleForm(forms.Form):
    """A conclusion to try a template with."""

    conclusion = forms.CharField(
        required=False,
        max_length=20_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "id": "example"}),
    )
    sex = forms.ChoiceField(
        label="Patient",
        required=False,
        choices=(("", "Either"), ("female", "Female"), ("male", "Male")),
    )
