"""Numbers about bookings."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.db.models.functions import TruncDate

from bookings.availability.rules import midnight
from bookings.models import Booking
from core.access import Caller


@dataclass(frozen=True)
class DayCount:
    """What begins on one day. `settled` are completed and missed appointments."""

    day: date
    pending: int = 0
    confirmed: int = 0
    settled: int = 0

    @property
    def total(self) -> int:
        return self.pending + self.confirmed + self.settled


def bookings_by_day(caller: Caller, first: date, *, days: int, zone: ZoneInfo) -> list[DayCount]:
    """Count what begins on each of `days` days of `zone`, cancelled ones left out. One query."""
    end = first + timedelta(days=days)
    rows = (
        Booking.objects.for_caller(caller)
        .filter(starts_at__gte=midnight(first, zone), starts_at__lt=midnight(end, zone))
        .exclude(status=Booking.Status.CANCELLED)
        .order_by()
        .annotate(day=TruncDate("starts_at", tzinfo=zone))
        .values_list("day", "status")
        .annotate(number=Count("id"))
    )
    counts: defaultdict[date, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for day, status, number in rows:
        counts[day][status] = number
    status = Booking.Status
    return [
        DayCount(
            day,
            pending=counts[day][status.PENDING],
            confirmed=counts[day][status.CONFIRMED],
            settled=counts[day][status.COMPLETED] + counts[day][status.NO_SHOW],
        )
        for day in (first + timedelta(days=n) for n in range(days))
    ]
