"""The cookie that holds a browser's refresh token, and which websites may use it.

No script can read it, no other site can send it, and it goes to the sign-in calls alone. That
a page of an allowed origin asks is checked all the same: a sibling below one domain is "the
same site" for a browser, and may be somebody else's.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from rest_framework.response import Response

from core.errors import Forbidden

NAME = "holdfast_refresh"
PATH = "/api/auth"
VERSIONED_PATH = "/api/v1/auth"


class ForeignOrigin(Forbidden):
    message = "This website may not sign people in: name it in ALLOWED_ORIGINS."


def refresh_token_in(request: HttpRequest) -> str:
    """Return the token in the cookie, or an empty text. Raises ForeignOrigin.

    Who sends the cookie is a browser, so an origin has to be named.
    """
    token = request.COOKIES.get(NAME, "")
    if token and request.headers.get("Origin", "") not in _allowed():
        raise ForeignOrigin
    return token


def refuse_foreign_origin(request: HttpRequest) -> None:
    """Refuse to hand a cookie to a page of another website. Raises ForeignOrigin."""
    origin = request.headers.get("Origin")
    if origin is not None and origin not in _allowed():
        raise ForeignOrigin


def put_cookie(request: HttpRequest, response: Response, token: str) -> None:
    response.set_cookie(
        NAME,
        token,
        max_age=settings.REFRESH_TOKEN_TTL_SECONDS,
        path=_path_of(request),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def take_cookie_away(request: HttpRequest, response: Response) -> None:
    response.delete_cookie(NAME, path=_path_of(request), samesite="Strict")


def _path_of(request: HttpRequest) -> str:
    return VERSIONED_PATH if request.path_info.startswith(VERSIONED_PATH) else PATH


def _allowed() -> set[str]:
    own = "{0.scheme}://{0.netloc}".format(urlsplit(settings.PUBLIC_BASE_URL))
    return {own, *settings.CORS_ALLOWED_ORIGINS}
