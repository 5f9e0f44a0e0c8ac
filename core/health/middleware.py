"""The doors at which machines knock, whatever they call us."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

# A load balancer and Prometheus reach a process by its address, inside the network: their
# Host is in no ALLOWED_HOSTS, and they speak no TLS.
PATHS = {"/health/lb", "/metrics"}


class MachineDoors:
    """Answer these paths here, before hosts, HTTPS, limits and sessions are looked at.

    The views ask for their own credentials.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info not in PATHS:
            return self.get_response(request)
        request.resolver_match = match = resolve(request.path_info)
        answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return answer
