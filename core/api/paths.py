"""What holds for every path below /api, whoever answers it."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from core.api.envelope import error_response
from core.api.errors import SENTENCES

Answer = Callable[[HttpRequest], HttpResponse]
API_VERSION = "1"


class ApiPaths:
    """Let a path end with a slash or without, and write the API's version on every answer.

    There is never a redirect: a POST would lose its body. What Django itself answers below
    /api (an unknown path, a crash) is put into the envelope here.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            return self.get_response(request)
        if request.path_info.endswith("/"):
            request.path_info = request.path_info.rstrip("/")
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response = self._in_the_envelope(request, response)
        response.headers["API-Version"] = API_VERSION
        return response

    def _in_the_envelope(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        status = response.status_code
        if status == 404:
            return error_response(status=404, code="NOT_FOUND", message=SENTENCES[404])
        if status >= 500:
            return error_response(
                status=500, code="INTERNAL_ERROR", message="Something went wrong on our side."
            )
        if status == 400:
            return error_response(
                status=400, code="VALIDATION_ERROR", message="The request is malformed."
            )
        if status == 413:
            return error_response(
                status=413, code="PAYLOAD_TOO_LARGE", message="The body is too large."
            )
        if status == 405:
            return error_response(
                status=405,
                code="METHOD_NOT_ALLOWED",
                message="This path does not know this method.",
                headers={"Allow": response.headers["Allow"]},
            )
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if request.path_info.startswith("/api/") and isinstance(exception, RequestDataTooBig):
            return error_response(
                status=413, code="PAYLOAD_TOO_LARGE", message="The body is larger than 1 MiB."
            )
        return None
