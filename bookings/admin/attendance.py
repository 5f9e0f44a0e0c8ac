"""Who came to a session: a list to print and sign, and one form that marks everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from bookings.admin.session_words import page_of_session, up_to_session
from bookings.models import Booking
from bookings.selectors.attendees import attendees_of
from bookings.services.attendance import mark_attendance
from core.admin.context import caller_of

if TYPE_CHECKING:
    from bookings.admin.group_session import GroupSessionAdmin

Status = Booking.Status
MARKS = (Status.COMPLETED, Status.NO_SHOW)
ALL = "all"
MOST_EMPTY_LINES = 10  # for who comes without having booked


def mark(admin: GroupSessionAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Note who came and who did not, for all that are marked; with `all`, the others came."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    session = admin.may_book(request, pk)
    expected = [one for one in attendees_of(session) if one.status == Status.CONFIRMED]
    marks = {}
    for one in expected:
        said = request.POST.get(f"mark-{one.pk}", "")
        if said in MARKS:
            marks[one.pk] = Status(said)
        elif request.POST.get("go") == ALL:
            marks[one.pk] = Status.COMPLETED
    if not marks:
        admin.message_user(request, _("Nobody was marked."))
        return HttpResponseRedirect(page_of_session(session))

    def act() -> None:
        mark_attendance(session, marks, caller=caller_of(request))

    missed = sum(status == Status.NO_SHOW for status in marks.values())
    done = _("Noted: %(came)d attended, %(missed)d did not come.")
    words = {"came": len(marks) - missed, "missed": missed}
    admin.attempt(request, act, done=done % words)
    return HttpResponseRedirect(page_of_session(session))


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
