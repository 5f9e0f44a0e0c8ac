"""HTTPS for the API, and what a browser may do with what we answer."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from core.api.envelope import error_response

API = "/api/"
# JSON loads nothing and stands in no frame, whatever a browser takes it for.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
DATA_TYPES = ("application/json", "application/vnd.oai.openapi")


class HttpsOnly:
    """Refuse plain HTTP to the API in production.

    A redirect would lose a POST's body and hide that the key has already travelled in clear.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_refused = (
            settings.HTTPS_ONLY and request.path_info.startswith(API) and not request.is_secure()
        )
        if not is_refused:
            return self.get_response(request)
        return error_response(
            status=403,
            code="FORBIDDEN",
            message="Use https. A key that was sent over plain http should be replaced.",
        )


class ContentSecurityPolicy(CSPMiddleware):
    """The strictest policy everywhere, with the exceptions that the settings name by path.

    And what of the visitor's machine our pages ask for: nothing.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        if response.headers.get("Content-Type", "").startswith(DATA_TYPES):
            response.headers["Content-Security-Policy"] = DATA_POLICY
            return response
        answered: HttpResponseBase = super().process_response(request, response)
        return answered

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts: PolicyParts = super().get_policy_parts(request, response, report_only)
        for beginning, exception in settings.CONTENT_SECURITY_POLICY_EXCEPTIONS.items():
            if request.path_info.startswith(beginning):
                parts.update = {**exception, **(parts.update or {})}
        return parts
