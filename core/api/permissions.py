from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission

from core.access import Person

if TYPE_CHECKING:  # settings name this module, so it may not import DRF's views when it loads
    from rest_framework.request import Request
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """Ask for the view's scope: `scope = "bookings"` wants bookings:read or bookings:write.

    A view may name the scope of one action exactly: `scopes = {"create": "bookings:create"}`.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        caller = getattr(request, "auth", None)
        return caller is not None and caller.may(scope_of(view, request.method or "GET"))


class IsPerson(BasePermission):
    """Ask for somebody who signed in: a key is a good credential, and not allowed here."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(getattr(request, "auth", None), Person)


def scope_of(view: APIView, method: str) -> str:
    """Return the scope that `view` wants for what it is asked to do."""
    exact = getattr(view, "scopes", {}).get(getattr(view, "action", None))
    if exact:
        return str(exact)
    verb = "read" if method in SAFE_METHODS else "write"
    return f"{view.scope}:{verb}"  # type: ignore[attr-defined]  # every view of ours has one
