"""What became of messages: for the booking page, the dashboard and the metrics."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils import timezone

from bookings.models import Booking, BundlePurchase, Customer, CustomerLink, WaitlistEntry
from bookings.selectors.booking import search
from bookings.selectors.customer import is_meant_by
from core.access import Caller
from notifications.models import Delivery
from notifications.models.delivery import DeliveryQuerySet
from notifications.selectors.subject import Subject, column_of

LATE_AFTER = timedelta(minutes=15)
MATCHES = 5_000
OF_A_CUSTOMER: dict[str, Any] = {
    "waitlist_entry": WaitlistEntry,
    "bundle": BundlePurchase,
    "customer_link": CustomerLink,
}
Status = Delivery.Status


@dataclass(frozen=True, kw_only=True)
class DeliveryStatistics:
    """How messages are doing. `since` bounds only what went wrong.

    late: still waiting a quarter of an hour after they were promised.
    """

    waiting: int
    late: int
    oldest_waiting_at: datetime | None
    failed: int
    bounced: int


def delivery_statistics(caller: Caller, *, since: datetime) -> DeliveryStatistics:
    """Count what waits and what went wrong, as a caller sees it: two statements that read only
    such rows.
    """
    ours = Delivery.objects.for_caller(caller)
    open_rows = ours.filter(status__in=Delivery.OPEN).aggregate(
        waiting=Count("pk"),
        late=Count("pk", filter=Q(created_at__lt=timezone.now() - LATE_AFTER)),
        oldest_waiting_at=Min("created_at"),
    )
    bad_rows = (
        went_wrong(caller.organization_id, since=since)
        .for_caller(caller)
        .aggregate(
            failed=Count("pk", filter=Q(status=Status.FAILED)),
            bounced=Count("pk", filter=Q(status=Status.BOUNCED)),
        )
    )
    return DeliveryStatistics(**open_rows, **bad_rows)


def went_wrong(organization_id: UUID, *, since: datetime) -> DeliveryQuerySet:
    """Return what failed or bounced and was not sent again, promised since then, newest first."""
    repeated = Delivery.objects.filter(resend_of=OuterRef("pk")).exclude(
        status__in=(*Delivery.WENT_WRONG, Status.DROPPED)
    )
    rows = Delivery.objects.for_organization(organization_id).filter(
        status__in=Delivery.WENT_WRONG,
        id__gte=first_id_of(since),
    )
    return rows.filter(~Exists(repeated)).without_content()


def number_that_went_wrong(organization_id: UUID, *, hours: int = 24) -> int:
    return went_wrong(organization_id, since=timezone.now() - timedelta(hours=hours)).count()


def deliveries_about(subject: Subject) -> DeliveryQuerySet:
    """Return every message about something, newest first, without what they say."""
    return Delivery.objects.filter(**{column_of(subject): subject.pk}).without_content()


def is_to_whom(organization_id: UUID, term: str) -> Q:
    """Return which messages are about what `term` finds: a booking, or a person's other things.

    The ids are read first: an index finds the messages of many ids, but of no subquery.
    """
    ours = Booking.objects.for_organization(organization_id)
    bookings = search(ours, term).order_by().values_list("pk", flat=True)
    found = Q(booking__in=list(bookings[:MATCHES]))
    known = Customer.objects.for_organization(organization_id).filter(is_meant_by(term))
    people = list(known.order_by().values_list("pk", flat=True)[:MATCHES])
    for column, model in OF_A_CUSTOMER.items():
        theirs = model.objects.for_organization(organization_id)
        rows = theirs.filter(customer__in=people).order_by().values_list("pk", flat=True)
        found |= Q(**{f"{column}__in": list(rows[:MATCHES])})
    return found


def waiting_by_status() -> dict[tuple[str, ...], float]:
    """Count what is open in the whole installation."""
    counted = dict(
        Delivery.objects.filter(status__in=Delivery.OPEN)
        .order_by()
        .values_list("status")
        .annotate(number=Count("pk"))
    )
    return {(status,): float(counted.get(status, 0)) for status in Delivery.OPEN}


def oldest_due_seconds() -> float:
    """Return for how long the oldest open delivery has been due; 0 when none is."""
    oldest = Delivery.objects.filter(status__in=Delivery.OPEN).aggregate(at=Min("not_before"))
    late = timezone.now() - (oldest["at"] or timezone.now())
    return max(0.0, late.total_seconds())


def first_id_of(moment: datetime) -> UUID:
    """Return the smallest UUIDv7 of `moment`, so that an index on ids answers "since when"."""
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7 << 76)
