"""The messages about one customer, whoever they went to."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from bookings.models import Booking, Customer
from core.models import Outbox
from notifications.models import Delivery


def deliveries_about(customer: Customer) -> QuerySet[Delivery]:
    """Return what was promised about their bookings, places on waitlists, bundles and links."""
    is_theirs = (
        Q(booking__customer=customer)
        | Q(waitlist_entry__customer=customer)
        | Q(bundle__customer=customer)
        | Q(customer_link__customer=customer)
    )
    return Delivery.objects.for_organization(customer.organization_id).filter(is_theirs)


def unsaid_to(customer: Customer) -> int:
    """Count what they are still to be told: messages that wait, and what just happened to their
    bookings and is not a message yet. Two queries.
    """
    to_them = deliveries_about(customer).filter(audience=Delivery.Audience.CUSTOMER)
    waiting = to_them.filter(status__in=Delivery.OPEN).count()
    theirs = (
        Booking.objects.for_organization(customer.organization_id)
        .filter(customer=customer)
        .values("pk")
    )
    return waiting + Outbox.objects.filter(event__subject_id__in=theirs).count()


def messages_about(customer: Customer) -> list[dict[str, Any]]:
    """Return them as the customer reads them in an export, the oldest first. One query.

    The addresses of others are not told.
    """
    return [
        {
            "message": one.message,
            "audience": one.audience,
            "sentTo": one.address if one.audience == Delivery.Audience.CUSTOMER else None,
            "status": one.status,
            "createdAt": one.created_at,
            "sentAt": one.sent_at,
            "subject": one.content["subject"] if one.content else "",
            "text": one.content["text"] if one.content else "",
        }
        for one in deliveries_about(customer).order_by("id")
    ]
