"""A day at the salon, for the tests that look at the console: who booked, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bookings.models import Booking, Resource, Service
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.customer import CustomerDetails
from bookings.services.status import cancel_booking, confirm_booking, mark_no_show
from core import events
from core.access import Caller
from core.models import ApiKey, Outbox
from core.services.api_key import create_api_key
from notifications.models import Delivery, ReminderRule
from notifications.services.reminder_rule import create_reminder_rule
from notifications.services.sending import send_due
from tests.factories import ServiceFactory

TUESDAY = datetime(2026, 11, 3, 8, tzinfo=UTC)  # 9 o'clock in Berlin
PEOPLE = [
    ("Mia Müller", "mia@example.com", "+49 30 1234567"),
    ("Jonas Weber", "jonas@example.com", "+49 30 555123"),
    ("Aïcha Benali", "aicha@example.com", "+49 40 99887766"),
    ("Oleksandr Kovalenko-Hartmann", "oleks@example.com", ""),
    ("Zoë O'Neill", "zoe@example.com", ""),
]
MINUTES_AFTER_NINE = [30, 90, 120, 210, 300]
DURATIONS = [30, 45, 15, 60, 30]


@dataclass
class Day:
    """What the tests ask for by name."""

    bookings: list[Booking]
    failed: Delivery


def open_the_salon(haircut: Service, staff: list[Resource], caller: Caller) -> Day:
    """Book two weeks; one customer did not come, one cancelled, one mail did not arrive."""
    haircut.resources.set(staff)
    haircut.company_required = haircut.inquiry_required = False
    haircut.minimum_notice_minutes = 0
    haircut.save()
    salon = haircut.organization
    ServiceFactory(organization=salon, name="Color", slug="color", resources=staff[1:])
    create_api_key(organization=salon, kind=ApiKey.Kind.SECRET, name="website", caller=caller)
    for service, minutes, audience in ((None, 1440, "CUSTOMER"), (haircut, 60, "STAFF")):
        rule = ReminderRule(
            organization=salon, service=service, minutes_before=minutes, audience=audience
        )
        create_reminder_rule(rule, caller=caller)
    bookings = _two_weeks(haircut, staff, caller)
    mark_no_show(bookings[0], caller=caller)
    cancel_booking(bookings[2], caller=caller, reason="The customer asked for it.")
    return Day(bookings, _one_mail_fails())


def _two_weeks(haircut: Service, staff: list[Resource], caller: Caller) -> list[Booking]:
    made = []
    for number in range(14):
        morning = TUESDAY + timedelta(days=number)
        if morning.weekday() > 4:
            continue
        for place, (name, email, phone) in enumerate(PEOPLE[: 5 - number % 2]):
            wanted = BookingRequest(
                service=haircut,
                customer=CustomerDetails(name=name, email=email, phone=phone),
                starts_at=morning + timedelta(minutes=MINUTES_AFTER_NINE[place]),
                minutes=DURATIONS[place],
                resource=staff[place % 2],
                inquiry="As last time",
                timezone="Europe/Berlin",
            )
            made.append(create_booking(wanted, caller=caller))
    for number, booking in enumerate(made):
        if number % 3 != 1:
            confirm_booking(booking, caller=caller)
    return made


def _one_mail_fails() -> Delivery:
    """Send what is due; of one confirmation the mail server says no."""
    Outbox.objects.update(not_before=TUESDAY - timedelta(days=1))
    events.relay()
    Delivery.objects.update(not_before=TUESDAY - timedelta(days=1))
    while send_due().sent:
        pass
    confirmed = Delivery.objects.filter(message="booking_confirmed", status="SENT")
    failed = confirmed.order_by("id").first()
    assert failed is not None
    Delivery.objects.filter(pk=failed.pk).update(
        status="FAILED", attempts=3, last_error="550 5.1.1 The mailbox does not exist"
    )
    return failed
