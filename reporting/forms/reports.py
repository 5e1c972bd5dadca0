"""What the editor sends."""

from django import forms

from reporting.models import User


class TextForm(forms.Form):
    """A long text as typed, with the version it was typed over. Nothing is stripped."""

    text = forms.CharField(required=False, strip=False)
    version = forms.IntegerField(min_value=0)


class FieldForm(forms.Form):
    """The path of a field and the version that the page has seen."""

    path = forms.CharField(max_length=200)
    version = forms.IntegerField(min_value=0)


class HandOverForm(forms.Form):
    """Who takes over; whether they may is for the service to say."""

    to = forms.ModelChoiceField(queryset=User.objects.all())
