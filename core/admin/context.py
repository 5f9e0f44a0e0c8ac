"""Who works in the console, in which organization, in which language and on which clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

from core import members, times
from core.access import Caller, CallerKind
from core.models import Membership, Organization

CONSOLE = "/admin/"
CHOSEN = "organization"  # the session's key for the organization chosen last


@dataclass
class Desk:
    """Where a person who is signed in works: one organization, with what they may do in it.

    A member works in an organization of theirs, with the scopes of their role. The
    administrator of the installation (a superuser) works in any, and may do everything there.
    """

    request: HttpRequest

    @cached_property
    def organization(self) -> Organization | None:
        """The one chosen in this session, else the first; None when there is none."""
        user = self.request.user
        if not user.is_authenticated or not user.is_active:
            return None
        chosen = self.request.session.get(CHOSEN)
        if user.is_superuser:
            active = Organization.objects.filter(is_active=True)
            found = active.filter(pk=chosen).first() if chosen else None
            return found or active.first()
        membership = self._membership
        return membership.organization if membership else None

    @cached_property
    def memberships(self) -> list[Membership]:
        """The active organizations that the person belongs to, by name."""
        theirs = Membership.objects.filter(user=self.request.user.pk, organization__is_active=True)
        by_name = theirs.select_related("organization").order_by("organization__name", "id")
        return list(by_name)

    @property
    def has_choice(self) -> bool:
        return self.request.user.is_superuser or len(self.memberships) > 1

    @cached_property
    def _membership(self) -> Membership | None:
        theirs = self.memberships
        chosen = self.request.session.get(CHOSEN)
        same = (one for one in theirs if str(one.organization_id) == chosen)
        return next(same, theirs[0] if theirs else None)

    @cached_property
    def caller(self) -> Caller | None:
        """Who the services are told is acting; None without an organization."""
        if self.organization is None:
            return None
        if not self.request.user.is_superuser and self._membership is not None:
            return members.caller_of(self._membership)
        return Caller(CallerKind.USER, self.organization.pk, id=self.request.user.pk)

    def may(self, scope: str) -> bool:
        return self.caller is not None and self.caller.may(scope)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.organization.timezone if self.organization else "UTC")

    @property
    def clock(self) -> str:
        """The zone in which the console says times, by name and present offset."""
        return times.zone_label(timezone.now(), str(self.zone))


def desk_of(request: HttpRequest) -> Desk:
    """Return where whoever sends `request` works; the same object throughout a request."""
    desk: Desk | None = getattr(request, "desk", None)
    if desk is None:
        desk = request.desk = Desk(request)  # type: ignore[attr-defined]
    return desk


def caller_of(request: HttpRequest) -> Caller:
    """Return who acts. Raises PermissionDenied for somebody without an organization."""
    caller = desk_of(request).caller
    if caller is None:
        raise PermissionDenied
    return caller


def organization_of(request: HttpRequest) -> Organization:
    """Return the organization that is worked in. Raises PermissionDenied without one."""
    organization = desk_of(request).organization
    if organization is None:
        raise PermissionDenied
    return organization


class ConsoleContext:
    """Give the console's pages the organization's clock, and the reader's language.

    The language is what the browser asks for, where we speak it; a browser that asks for none
    gets the organization's. The API speaks one language and is left alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(CONSOLE):
            return self.get_response(request)
        desk = desk_of(request)
        if request.user.is_authenticated and desk.caller is not None:
            request.caller = desk.caller  # type: ignore[attr-defined]  # for the log lines
        with timezone.override(desk.zone), translation.override(_language(request, desk)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "en")
            return response


def _language(request: HttpRequest, desk: Desk) -> str:
    if "HTTP_ACCEPT_LANGUAGE" in request.META or desk.organization is None:
        return translation.get_language_from_request(request)
    try:
        return translation.get_supported_language_variant(desk.organization.locale)
    except LookupError:
        return translation.get_language_from_request(request)
