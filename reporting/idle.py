"""A sign-in ends when nobody was active for the time that the site allows."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from reporting import clock
from reporting.services.audit import audit_event_add

# What a page sends by itself is no sign of somebody at the desk.
BY_ITSELF = frozenset(
    {
        "report_hold",
        "report_release",
        "report_events",
        "fill_status",
        "study_dashboard",
        "health",
    }
)
NOTE_EVERY = timedelta(seconds=5)


def idle_logoff(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: sign out who was idle for longer than IDLE_LOGOFF_SECONDS (0: nobody)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(request: HttpRequest, *view: Any) -> None:
        if not settings.IDLE_LOGOFF_SECONDS:
            return
        try:
            _look(request)
        except (OperationalError, InterfaceError):
            # The view meets the same outage and says so in words.
            return

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware


def _look(request: HttpRequest) -> None:
    if not request.user.is_authenticated:
        return
    now, noted = clock.now(), request.session.get("active_at")
    last = datetime.fromisoformat(noted) if noted else now
    if now - last > timedelta(seconds=settings.IDLE_LOGOFF_SECONDS):
        audit_event_add(actor=request.user, action="idle_logoff", subject=request.user)
        logout(request)
        return
    match = request.resolver_match
    acts = match is None or match.url_name not in BY_ITSELF
    if noted is None or (acts and now - last > NOTE_EVERY):
        request.session["active_at"] = now.isoformat()
