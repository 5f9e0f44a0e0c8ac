"""A booking that nobody made, and what else a message can be about, to show how messages look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from bookings.models import (
    Booking,
    BundlePurchase,
    Customer,
    CustomerLink,
    GroupSession,
    Hold,
    Product,
    Resource,
    Service,
    WaitlistEntry,
)
from core.access import Role
from core.models import Invitation, Organization, PasswordReset, User
from notifications.selectors.subject import Subject


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


def sample_session(booking: Booking) -> GroupSession:
    """Return an unsaved group session at the time of `booking`, two of three places taken."""
    return GroupSession(
        organization=booking.organization,
        service=booking.service,
        resource=booking.resource,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        timezone=booking.timezone,
        capacity=3,
        taken=2,
    )


def sample_bundle(booking: Booking) -> BundlePurchase:
    """Return an unsaved bundle of ten sessions of what `booking` is about."""
    kind = Product.Kind.FULL_SEMESTER_BUNDLE
    with translation.override(booking.organization.locale):
        usual_name = str(kind.label)
    return BundlePurchase(
        organization=booking.organization,
        service=booking.service,
        customer=_sample_customer(booking),
        product=Product(kind=kind, name=usual_name, service=booking.service),
        coverage=BundlePurchase.Coverage.FULL_SEMESTER,
        total_sessions=10,
        remaining_sessions=10,
        valid_from_at=booking.starts_at,
        valid_to_at=booking.starts_at + timedelta(days=120),
        price_amount=Decimal(300),
        price_currency=booking.organization.currency,
    )


def sample_link(booking: Booking) -> CustomerLink:
    """Return an unsaved link for whoever made `booking`. It opens nothing."""
    return CustomerLink(
        organization=booking.organization,
        customer=_sample_customer(booking),
        expires_at=timezone.now() + timedelta(minutes=30),
    )


def sample_invitation(booking: Booking) -> Invitation:
    """Return an unsaved invitation to where `booking` is. It opens nothing."""
    return Invitation(
        organization=booking.organization,
        email=booking.email,
        role=Role.STAFF,
        invited_by=User(name="Anna"),
        expires_at=timezone.now() + timedelta(days=7),
    )


def sample_password_reset(booking: Booking) -> PasswordReset:
    """Return an unsaved link of somebody who works where `booking` is. It opens nothing."""
    return PasswordReset(
        organization=booking.organization,
        user=User(name="Anna", email=booking.email),
        expires_at=timezone.now() + timedelta(hours=1),
    )


def _sample_customer(booking: Booking) -> Customer:
    return Customer(
        organization=booking.organization,
        name=booking.name,
        email=booking.email,
        phone=booking.phone,
        timezone=booking.timezone,
        locale=booking.customer.locale,
    )


def _itself(booking: Booking) -> Booking:
    return booking


SAMPLES: dict[str, Callable[[Booking], Subject]] = {
    "booking": _itself,
    "waitlist_entry": sample_entry,
    "group_session": sample_session,
    "bundle": sample_bundle,
    "customer_link": sample_link,
    "member_invitation": sample_invitation,
    "password_reset": sample_password_reset,
}
