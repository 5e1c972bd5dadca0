"""What comes in from the list of the checks."""

from django import forms


class OverrideForm(forms.Form):
    """Which finding shall stand, word for word as it was shown, and why."""

    rule = forms.CharField(max_length=40)
    place = forms.CharField(max_length=200, required=False)
    sentence = forms.CharField(max_length=2_000, strip=False)
    reason = forms.CharField(
        max_length=1_000, error_messages={"required": "Say why this may stand."}
    )


class CommunicationForm(forms.Form):
    """Who was told of which critical result, when (UTC), and whether they read it back."""

    result = forms.CharField(max_length=64)
    told_to = forms.CharField(max_length=200, error_messages={"required": "Say whom you told."})
    told_at = forms.DateTimeField(
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        error_messages={"required": "Say when you told it.", "invalid": "Say when you told it."},
    )
    read_back = forms.BooleanField(required=False)
