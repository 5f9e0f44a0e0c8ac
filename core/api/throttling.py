"""The rate limiter's door: who is counted, and what a client that asks too often is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django_ratelimit.core import _get_ip

from core import known_keys
from core.access import Caller, CallerKind, Person
from core.api import authentication
from core.api.authentication import CHALLENGE, BadCredential, Credential
from core.api.envelope import error_response
from core.api.errors import STATUS_OF
from core.api.paths import API_VERSION
from core.errors import Unavailable
from core.known_keys import Known
from core.rates import REFUSED_WITHOUT_REDIS, RateClass, Usage, count

Answer = Callable[[HttpRequest], HttpResponse]
View = TypeVar("View")

# Whoever watches us asks often, and must hear that we are well even when others ask too much.
# And a mail provider reports a thousand mails from one address, with a name and a password.
UNLIMITED = re.compile(r"/api(/v1)?/(health(/db)?|webhooks/mail/\w+)/?")
API = "/api/"
KEY_IN_ADDRESS = (
    "A key never belongs in an address, where it is logged on its way: send it in a header. "
    "Replace the one that you sent."
)
CONSOLE_PASSWORDS = {
    "admin:login",
    "admin:login_code",
    "admin:password_change",
    "admin:second_factor",
}


def limited(rate_class: RateClass) -> Callable[[View], View]:
    """Put a view, or one action of a viewset, into a class of its own.

    A class may say the same with `rate_class = RateClass.STRICT`.
    """

    def mark(view: View) -> View:
        view.rate_class = rate_class  # type: ignore[attr-defined]
        return view

    return mark


class RateLimit:
    """Count every request to the API, and every attempt to sign in to the console.

    A key that this process knows counts against itself alone. Anything else counts against
    its address first, before the database is asked; when it turns out to be a good key, the
    address gets that one back and the key is counted.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith(API) or UNLIMITED.fullmatch(path):
            return self.get_response(request)
        try:
            usage = _admit(request)
        except Unavailable as error:  # who asks cannot be looked up, but was counted
            usage = request.usage  # type: ignore[attr-defined]
            response = _refuse(request, error.code, str(error), error.retry_after_seconds)
            return _with_headers(response, usage)
        if usage.is_exceeded:
            response = _too_many(request, usage)
        elif authentication.is_key_in(request.META["QUERY_STRING"]):
            authentication.note_key_in(request.META["QUERY_STRING"])
            response = error_response(
                status=401,
                code="UNAUTHORIZED",
                message=KEY_IN_ADDRESS,
                headers={"API-Version": API_VERSION, "WWW-Authenticate": CHALLENGE},
            )
        else:
            response = self.get_response(request)
            known_keys.note_uses()
        return _with_headers(response, getattr(request, "class_usage", usage))

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Count once more what is in a stricter class, now that it is known what was asked for."""
        match = request.resolver_match
        if match is not None and match.view_name in CONSOLE_PASSWORDS:
            return _refuse_password(request) if request.method == "POST" else None
        rate_class = _class_of(view, request.method or "")
        if rate_class == RateClass.DEFAULT:
            return None
        usage = count(rate_class, _client_of(request))
        request.class_usage = usage  # type: ignore[attr-defined]
        return _refusal(request, rate_class, usage)


def _admit(request: HttpRequest) -> Usage:
    """Count `request` and write on it who is asking. Raises Unavailable."""
    try:
        credential = authentication.credential_of(request)
    except BadCredential:
        authentication.remember(request, None, is_bad=True)
        return count(RateClass.DEFAULT, address_of(request))
    if credential is None:
        authentication.remember(request, None)
        return count(RateClass.DEFAULT, address_of(request))
    if known := known_keys.recall(credential.digest):
        return _admit_known(request, credential, known)
    return _admit_unknown(request, credential)


def _admit_known(request: HttpRequest, credential: Credential, known: Known) -> Usage:
    usage = count(RateClass.DEFAULT, known.client, per_minute=known.requests_per_minute)
    if known.is_good(usage.generation):
        authentication.remember_known(request, known)
    elif not usage.is_exceeded:
        _look_up(request, credential, usage)
    return usage


def _admit_unknown(request: HttpRequest, credential: Credential) -> Usage:
    address = address_of(request)
    usage = count(RateClass.DEFAULT, address)
    if usage.is_exceeded:
        return usage
    known = _look_up(request, credential, usage)
    if known is None:
        return usage
    own = known.requests_per_minute
    return count(RateClass.DEFAULT, known.client, give_back=address, per_minute=own)


def _look_up(request: HttpRequest, credential: Credential, usage: Usage) -> Known | None:
    request.usage = usage  # type: ignore[attr-defined]
    try:
        known = authentication.known_for(credential, generation=usage.generation)
    except BadCredential:
        authentication.remember(request, None, is_bad=True)
        return None
    authentication.remember_known(request, known)
    return known


def key_of(caller: Caller) -> str:
    """Name the caller as the limiter counts it."""
    return f"{caller.kind}:{caller.id}"


def network_of(request: HttpRequest) -> str:
    """Return the network that `request` comes from: an IPv4 address, or 64 bits of an IPv6 one."""
    return str(_get_ip(request))


def address_of(request: HttpRequest) -> str:
    """Name that network as the limiter counts it."""
    return f"address:{network_of(request)}"


def _client_of(request: HttpRequest) -> str:
    if request.path_info.startswith(API):
        caller: Caller | None = getattr(request, "caller", None)
        person: Person | None = getattr(request, "person", None)
        if person is not None:
            return f"{CallerKind.USER}:{person.id}"
        return address_of(request) if caller is None else key_of(caller)
    user = request.user
    return f"user:{user.pk}" if user.is_authenticated else address_of(request)


def _class_of(view: Callable[..., Any], method: str) -> RateClass:
    """Return the class of the action, else of the view, else of its class."""
    owner = getattr(view, "cls", None) or getattr(view, "view_class", None)
    actions = getattr(view, "actions", None) or {}
    action = getattr(owner, actions.get(method.lower(), ""), None)
    for marked in (action, view, owner):
        rate_class: RateClass | None = getattr(marked, "rate_class", None)
        if rate_class is not None:
            return rate_class
    return RateClass.DEFAULT


def _refuse_password(request: HttpRequest) -> HttpResponse | None:
    """Ten attempts a minute from one address, and for one account from wherever they come.

    Whose code is asked for after the password core.services.guarding counts alone.
    """
    account = request.POST.get("username") or request.user.get_username()
    clients = [address_of(request)]
    if account:
        clients.append(f"account:{account.strip().casefold()}")
    for client in clients:
        usage = count(RateClass.STANDARD, client)
        if refusal := _refusal(request, RateClass.STANDARD, usage):
            return refusal
    return None


def _refusal(request: HttpRequest, rate_class: RateClass, usage: Usage) -> HttpResponse | None:
    if usage.is_exceeded:
        return _too_many(request, usage)
    if not usage.is_known and rate_class in REFUSED_WITHOUT_REDIS:
        message = "This is not possible at the moment. Try again shortly."
        return _refuse(request, Unavailable.code, message, Unavailable.retry_after_seconds)
    return None


def _too_many(request: HttpRequest, usage: Usage) -> HttpResponse:
    message = f"Too many requests. Try again in {usage.reset_seconds} s."
    return _refuse(request, "RATE_LIMITED", message, usage.reset_seconds)


def _refuse(request: HttpRequest, code: str, message: str, wait_seconds: int) -> HttpResponse:
    headers = {"Retry-After": str(wait_seconds)}
    status = STATUS_OF[code]
    if not request.path_info.startswith(API):
        return HttpResponse(message, "text/plain", status, headers=headers)
    headers["API-Version"] = API_VERSION
    return error_response(status=status, code=code, message=message, headers=headers)


def _with_headers(response: HttpResponse, usage: Usage) -> HttpResponse:
    response.headers["X-RateLimit-Limit"] = str(usage.limit)
    response.headers["X-RateLimit-Remaining"] = str(usage.remaining)
    response.headers["X-RateLimit-Reset"] = str(usage.reset_seconds)
    return response
