"""Before hours or places are changed: who has booked then, and saving it all the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from bookings.errors import BookingsOutside
from bookings.models import Booking, GroupSession
from core.admin.base import HouseAdmin
from core.admin.context import organization_of
from core.admin.refusals import sentence_of

M = TypeVar("M", Booking, GroupSession)
EVEN_IF = "even_if_bookings_fall_outside"
NOT_SENT_AGAIN = {EVEN_IF, "csrfmiddlewaretoken"}


def wants_it_anyway(request: HttpRequest) -> bool:
    return request.POST.get(EVEN_IF) == "1"


def ask(
    admin: HouseAdmin, request: HttpRequest, refusal: BookingsOutside, **up: Any
) -> HttpResponseBase:
    """Show the bookings and sessions that a refused change would leave outside, the first 50.

    Everything that was sent goes along, so that one click saves it and leaves them as they are.
    `up` is where the page leads back to.
    """
    found = refusal.details["bookings"]
    told = found if isinstance(found, list) else []
    bookings = _rows(Booking, request, told, "id")
    sessions = _rows(GroupSession, request, told, "groupSessionId")
    count = refusal.details["count"]
    return admin.page(
        request,
        "admin/bookings/outside.html",
        title=_("Somebody has booked then"),
        sentence=sentence_of(refusal),
        bookings=bookings,
        sessions=sessions,
        more=count - len(bookings) - len(sessions) if isinstance(count, int) else 0,
        sent=[
            (name, value)
            for name, values in request.POST.lists()
            if name not in NOT_SENT_AGAIN
            for value in values
        ],
        has_files=bool(request.FILES),
        even_if=EVEN_IF,
        back=request.get_full_path(),
        **up,
    )


def _rows(
    model: type[M], request: HttpRequest, told: Iterable[Mapping[str, Any]], name: str
) -> list[M]:
    """Return the rows that `told` names under `name`, each once and in its order."""
    ids = list(dict.fromkeys(row[name] for row in told if name in row))
    ours = model._default_manager.filter(organization=organization_of(request))  # noqa: SLF001
    by_id = ours.select_related("service", "resource").in_bulk(ids) if ids else {}
    return [by_id[row_id] for row_id in ids]
