"""Who may see how the house is doing inside: a key with system:status, or the metrics' token."""

import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.api.authentication import CHALLENGE, BadCredential, identify
from core.api.envelope import error_response
from core.api.errors import STATUS_OF
from core.errors import DomainError, Forbidden, Unavailable

SCOPE = "system:status"


def refusal_of_stranger(request: HttpRequest) -> HttpResponse | None:
    """Return None when the key of `request` has system:status, else the 401, 403 or 503."""
    try:
        caller = identify(request)
    except BadCredential:
        caller = None
    except Unavailable as error:
        wait = {"Retry-After": str(error.retry_after_seconds)}
        return error_response(status=503, code=error.code, message=str(error), headers=wait)
    except DomainError as error:
        return error_response(
            status=STATUS_OF[error.code],
            code=error.code,
            message=str(error),
            details=error.details,
        )
    if caller is None:
        return error_response(
            status=401,
            code="UNAUTHORIZED",
            message="Send a valid key: `Authorization: Bearer <key>` or `X-API-Key: <key>`.",
            headers={"WWW-Authenticate": CHALLENGE},
        )
    if not caller.may(SCOPE):
        return error_response(status=403, code=Forbidden.code, message=Forbidden.message)
    return None


def has_metrics_token(request: HttpRequest) -> bool:
    """Tell whether `request` carries METRICS_TOKEN as its Bearer; without a setting nobody does."""
    scheme, _, given = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    expected = settings.METRICS_TOKEN
    if not expected or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.strip().encode(), expected.encode())
