"""Who comes to a group session, who waits for a place, and what may pay for one."""

from django.db.models import QuerySet

from bookings.models import Booking, BundlePurchase, Customer, GroupSession, Product, WaitlistEntry


def attendees_of(session: GroupSession) -> list[Booking]:
    """Return the live places by their seat, with what paid for each. One query."""
    rows = _places(session).exclude(status=Booking.Status.CANCELLED)
    return list(rows.select_related("bundle__product").order_by("seat"))


def left_of(session: GroupSession) -> list[Booking]:
    """Return the places that were given back, who left last first. One query."""
    rows = _places(session).filter(status=Booking.Status.CANCELLED)
    return list(rows.order_by("-cancelled_at", "-id"))


def waiting_of(session: GroupSession) -> list[WaitlistEntry]:
    """Return who waits for a place, or has been offered one, in line. One query."""
    rows = WaitlistEntry.objects.for_organization(session.organization_id)
    open_rows = rows.filter(group_session=session, status__in=WaitlistEntry.OPEN)
    return list(open_rows.select_related("hold").order_by("id"))


def passes_for(session: GroupSession, email: str) -> list[BundlePurchase]:
    """Return the passes with something left that whoever has this address could pay with.

    Those that are over soonest first. What a pass covers beyond that is decided when it pays.
    """
    passes = BundlePurchase.objects.for_organization(session.organization_id).filter(
        customer__email_index=Customer.index_of_email(email),
        service=session.service_id,
        product__kind=Product.Kind.GROUP_SESSION_PASS,
        remaining_sessions__gt=0,
        valid_from_at__lte=session.starts_at,
        valid_to_at__gt=session.starts_at,
    )
    return list(passes.select_related("product").order_by("valid_to_at", "id"))


def _places(session: GroupSession) -> QuerySet[Booking]:
    return Booking.objects.for_organization(session.organization_id).filter(group_session=session)
