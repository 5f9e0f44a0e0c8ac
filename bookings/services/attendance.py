"""Who came to a group session, and who did not."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.utils import timezone

from bookings.errors import IllegalTransition
from bookings.models import Booking, GroupSession
from bookings.services.locking import lock_session
from bookings.services.status import complete_booking, mark_no_show
from core.access import Caller
from core.db import in_one_transaction
from core.errors import NotFound

NOTED_BY = {
    Booking.Status.COMPLETED: complete_booking,
    Booking.Status.NO_SHOW: mark_no_show,
}


@in_one_transaction
def mark_attendance(
    session: GroupSession, marks: Mapping[UUID, Booking.Status], *, caller: Caller
) -> list[Booking]:
    """Note for each booking, by its id, that its customer came (COMPLETED) or did not (NO_SHOW).

    All or none. What is noted already is no change. Raises IllegalTransition before the session
    begins, when it was cancelled, and for a booking that is over in another way; NotFound for one
    that is not in this session.
    """
    session = lock_session(session.pk)
    if session.cancelled_at is not None or session.starts_at > timezone.now():
        raise IllegalTransition("This session was cancelled or has not begun.")
    found = Booking.objects.filter(group_session=session).in_bulk(list(marks))
    if len(found) != len(marks):
        raise NotFound
    return [
        booking if booking.status == marks[pk] else NOTED_BY[marks[pk]](booking, caller=caller)
        for pk, booking in sorted(found.items())
    ]
