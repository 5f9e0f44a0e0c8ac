"""How a picture is answered: kept for long under the address that names this very one."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

A_YEAR, FIVE_MINUTES = 365 * 24 * 3600, 300  # seconds


def answer_picture(
    request: HttpRequest,
    *,
    digest: str,
    path: str,
    content_type: str,
    read: Callable[[], bytes | None],
) -> HttpResponseBase:
    """Answer what `read` returns, or 304 to who has it as it is. Raises Http404 without one.

    `path` is the address that names the picture with this `digest`.
    """
    response = get_conditional_response(request, etag=f'"{digest}"')
    if response is None:
        content = read()
        if content is None:
            raise Http404
        response = HttpResponse(content, content_type=content_type)
    seconds = f"{A_YEAR}, immutable" if request.get_full_path() == path else str(FIVE_MINUTES)
    response.headers["ETag"] = f'"{digest}"'
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
