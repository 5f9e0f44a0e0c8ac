"""A booking that nobody made, and a place on a waitlist, to show what messages look like."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.models import Booking, Customer, Hold, Resource, Service, WaitlistEntry
from core.models import Organization


def sample_booking(organization: Organization | None = None) -> Booking:
    """Return an unsaved booking of `organization`, two weeks from now at 14:00 in its zone."""
    business = organization or Organization(name="Holdfast", slug="holdfast")
    day = timezone.now().astimezone(ZoneInfo(business.timezone)).date() + timedelta(days=14)
    starts_at = datetime.combine(day, time(14), ZoneInfo(business.timezone))
    return Booking(
        organization=business,
        reference="K7PM-4XQ2",
        service=Service(organization=business, name=_("Consultation")),
        resource=Resource(organization=business, name="Anna", timezone=business.timezone),
        customer=Customer(organization=business),
        status=Booking.Status.CONFIRMED,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        timezone=business.timezone,
        name="Mia Muster",
        company="Muster Ltd",
        email="mia@example.com",
        phone="+49 30 1234567",
        inquiry=_("This is what a customer wrote."),
    )


def sample_entry(booking: Booking) -> WaitlistEntry:
    """Return an unsaved place on a waitlist whose offer is the time of `booking`."""
    return WaitlistEntry(
        organization=booking.organization,
        service=booking.service,
        resource=booking.resource,
        customer=booking.customer,
        from_at=booking.starts_at,
        to_at=booking.ends_at,
        timezone=booking.timezone,
        name=booking.name,
        email=booking.email,
        hold=Hold(
            resource=booking.resource,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            expires_at=timezone.now() + timedelta(hours=2),
        ),
    )
