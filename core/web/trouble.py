"""What a page says that cannot be shown: in the house's look, nothing inline, in one's language.

Below /api the envelope says it instead: core.api.paths.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from core.observability.context import current_request_id

API, CONSOLE = "/api/", "/admin/"

log = structlog.get_logger(__name__)


def malformed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400, or 413 for a body that is larger than any form of ours."""
    with _language_of(request):
        if isinstance(exception, RequestDataTooBig):
            return _answer(request, 413, _("This is too large"), _("Send less of it."))
        title = _("This cannot be read")
        return _answer(request, 400, title, _("The address or what was sent is incomplete."))


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    with _language_of(request):
        title = _("You may not do this")
        return _answer(request, 403, title, _("Who manages your organization says who may."))


def refused_without_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form that did not come from a page of ours that is still good."""
    with _language_of(request):
        title = _("This page was open for too long")
        sentence = _("Go back, load it again and send it once more. It needs cookies.")
        return _answer(request, 403, title, sentence)


def nothing_here(request: HttpRequest, exception: Exception) -> HttpResponse:
    with _language_of(request):
        title = _("There is nothing here")
        sentence = _("The address may have been copied in part, or what it led to is gone.")
        return _answer(request, 404, title, sentence)


def broken(request: HttpRequest) -> HttpResponse:
    with _language_of(request):
        title = _("Something went wrong on our side")
        sentence = _("It was written down. Please try again in a minute.")
        return _answer(request, 500, title, sentence, number=current_request_id())


def _language_of(request: HttpRequest) -> Any:
    return translation.override(translation.get_language_from_request(request))


def _answer(
    request: HttpRequest, status: int, title: str, sentence: str, *, number: str = ""
) -> HttpResponse:
    """Answer a page that asks no database: who reads it may be here because of that.

    Below /api only the status counts. A page that cannot be made is its sentences.
    """
    if request.path_info.startswith(API):
        return HttpResponse(status=status)
    is_console = request.path_info.startswith(CONSOLE)
    context = {"title": title, "sentence": sentence, "number": number, "is_console": is_console}
    page, kind = "", "text/html"
    try:
        page = render_to_string("public/trouble.html", context)
    except Exception:
        log.exception("The page about an error could not be made")
        page, kind = f"{title}. {sentence}", "text/plain"
    headers = {"Content-Language": translation.get_language() or "en", "Cache-Control": "no-store"}
    response = HttpResponse(page, f"{kind}; charset=utf-8", status, headers=headers)
    patch_vary_headers(response, ["Accept-Language"])
    return response
