"""The one contract between views and htmx: requests with a user, toasts, redirects, outages."""

import json
import logging
from collections.abc import Callable
from typing import Literal
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django_htmx.middleware import HtmxDetails

from reporting.models import User
from reporting.services.holds import PAGE, ReportHeld

logger = logging.getLogger(__name__)

Level = Literal["success", "info", "warning", "danger"]
UNAVAILABLE = (
    "The database does not answer. Nothing that was saved is lost; what you typed since then is"
    " still on this page. Try again in a moment."
)


class HtmxRequest(HttpRequest):
    """A request as the htmx middleware leaves it."""

    htmx: HtmxDetails


class ReaderRequest(HtmxRequest):
    """A request of someone who is signed in."""

    user: User


def trigger(response: HttpResponse, name: str, detail: object = None) -> HttpResponse:
    """Let the page know of an event, beside any that the response already names."""
    events = json.loads(response.headers.get("HX-Trigger", "{}"))
    response.headers["HX-Trigger"] = json.dumps({**events, name: detail})
    return response


def toast(response: HttpResponse, level: Level, text: str) -> HttpResponse:
    """Show a short message in the page, beside whatever the response holds."""
    return trigger(response, "toast", {"level": level, "text": str(text)})


def hx_redirect(url: str) -> HttpResponse:
    """Send the browser of an htmx request to another page."""
    return HttpResponse(status=204, headers={"HX-Redirect": url})


def database_unavailable(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answer 503 with a clear sentence while the database is away."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        logger.warning("The database does not answer: %s", error)
        response = HttpResponse(
            UNAVAILABLE, status=503, content_type="text/plain", headers={"Retry-After": "2"}
        )
        return toast(response, "danger", UNAVAILABLE)

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware


def page_of_request(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: note which page asks, and answer 423 where another one holds the report."""

    def middleware(request: HttpRequest) -> HttpResponse:
        token = PAGE.set(_page_named(request.headers.get("X-Page", "")))
        try:
            return get_response(request)
        finally:
            PAGE.reset(token)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, ReportHeld):
            return None
        return JsonResponse({"message": str(error)}, status=423)

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware


def _page_named(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
