"""The state of the parts, for people and for probes."""

from dataclasses import asdict

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from reporting.selectors.health import health


@never_cache
@require_safe
def health_show(request: HttpRequest) -> JsonResponse:
    """200 while reports can be written, 503 while they cannot."""
    parts = health()
    is_up = all(part.is_up for part in parts if part.is_vital)
    body = {"ok": is_up, "parts": [asdict(part) for part in parts]}
    return JsonResponse(body, status=200 if is_up else 503)
