"""What the pages say of the sign-in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from reporting.http import ReaderRequest


@require_POST
@login_required
def active(request: ReaderRequest) -> HttpResponse:
    """Somebody is at the desk, though nothing is to be stored."""
    return HttpResponse(status=204)
