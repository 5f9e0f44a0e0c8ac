"""Who came to a session: a list to print and sign, and one form that marks everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from bookings.admin.session_words import up_to_session
from bookings.selectors.attendees import attendees_of

if TYPE_CHECKING:
    from bookings.admin.group_session import GroupSessionAdmin

MOST_EMPTY_LINES = 10  # for who comes without having booked


def attendance_list(admin: GroupSessionAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Show who is expected as a page to print: black on white, with room for signatures."""
    session = admin.row(request, pk)
    attendees = attendees_of(session)
    free = max(session.capacity - len(attendees), 0)
    return admin.page(
        request,
        "admin/bookings/attendance_list.html",
        title=_("Attendance list"),
        session=session,
        attendees=attendees,
        empty_lines=range(len(attendees) + 1, len(attendees) + 1 + min(free, MOST_EMPTY_LINES)),
        **up_to_session(session),
    )
