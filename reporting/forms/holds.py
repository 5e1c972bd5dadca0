"""Which page asks, and which one stood in its tab before."""

from django import forms


class HoldForm(forms.Form):
    """The page, and where the tab was reloaded the page before."""

    page = forms.UUIDField()
    previous = forms.UUIDField(required=False)
