"""Who has been away for longer than an organization keeps what it knows of people."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime

from django.db.models import Exists, OuterRef

from bookings.models import Booking, BundlePurchase, Customer, WaitlistEntry
from core.models import Organization, TenantQuerySet


def months_before(moment: datetime, months: int) -> datetime:
    """Return the same time `months` earlier: on the month's last day where there is no such."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def long_gone(organization: Organization, *, now: datetime) -> TenantQuerySet[Customer]:
    """Return the customers of whom nothing happened within the organization's retention.

    Nothing was booked for that time or later, no bundle of theirs was valid, and they wait for
    nothing. Nobody, where the organization keeps what it knows for ever.
    """
    known = Customer.objects.for_organization(organization.pk).filter(erased_at=None)
    months = organization.customer_retention_months
    if months is None:
        return known.none()
    since = months_before(now, months)
    theirs = {"customer": OuterRef("pk")}
    return known.filter(
        ~Exists(
            Booking.objects.for_organization(organization.pk).filter(**theirs, ends_at__gte=since)
        ),
        ~Exists(
            BundlePurchase.objects.for_organization(organization.pk).filter(
                **theirs, valid_to_at__gte=since
            )
        ),
        ~Exists(
            WaitlistEntry.objects.for_organization(organization.pk).filter(
                **theirs, to_at__gte=since
            )
        ),
        created_at__lt=since,
        updated_at__lt=since,
    )
