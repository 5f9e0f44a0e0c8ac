"""Where mail providers report: POST /api/webhooks/mail/<provider>."""

from http import HTTPStatus

import structlog
from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.urls import urlpatterns as anymail_patterns
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.views.decorators.csrf import csrf_exempt

from core.api.envelope import error_response

log = structlog.get_logger(__name__)


def _tracking_views() -> dict[str, URLPattern]:
    """Return anymail's view per provider. Mail that comes in is not read here."""
    named = {pattern.name or "": pattern for pattern in anymail_patterns}
    views = {
        name.removesuffix("_tracking_webhook"): pattern
        for name, pattern in named.items()
        if name.endswith("_tracking_webhook")
    }
    return views | {"mandrill": named["mandrill_webhook"]}


VIEWS = _tracking_views()


@csrf_exempt
def mail_reports(request: HttpRequest, provider: str) -> HttpResponse:
    """Take the reports of the provider that we send by, who knows MAIL_WEBHOOK_SECRET.

    Answers 200 for what concerns none of our mails, because the provider would ask for ever;
    400 for what anymail cannot read; 5xx, so that it is repeated, when the database is away.
    """
    is_ours = provider == settings.EMAIL_PROVIDER and provider in VIEWS
    if not (settings.MAIL_WEBHOOK_SECRET and is_ours):
        raise Http404
    try:
        response: HttpResponse = VIEWS[provider].callback(request)
    except AnymailWebhookValidationFailure:
        return error_response(
            status=HTTPStatus.UNAUTHORIZED,
            code="UNAUTHORIZED",
            message="Send the name and password of MAIL_WEBHOOK_SECRET.",
            headers={"WWW-Authenticate": 'Basic realm="mail reports"'},
        )
    except (DatabaseError, RequestDataTooBig):
        raise
    except Exception as error:  # whatever a malformed body makes anymail stumble over
        log.warning("A mail report could not be read", error=type(error).__name__)
        return error_response(
            status=HTTPStatus.BAD_REQUEST,
            code="VALIDATION_ERROR",
            message="This is no report of the provider.",
        )
    if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return error_response(
            status=HTTPStatus.METHOD_NOT_ALLOWED,
            code="METHOD_NOT_ALLOWED",
            message="Reports are sent by POST.",
            headers={"Allow": response.headers["Allow"]},
        )
    return response
