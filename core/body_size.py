"""No body is read that is larger than what its path could have a use for."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse


class BodySize:
    """Refuse a body by the length that it says it has, before a byte of it is read: 413.

    Django counts what stands in memory alone, so a form with files could fill a disk. What says
    no length has no body: WSGI reads none. How much of it each call takes its parser knows.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _length_of(request) > _limit_of(request.path_info):
            raise RequestDataTooBig("The body is too large.")
        return self.get_response(request)


def _length_of(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:  # as Django reads it
        return 0


def _limit_of(path: str) -> int:
    for beginning, most_bytes in settings.MOST_BYTES_BELOW.items():
        if path.startswith(beginning):
            return most_bytes
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE
