"""Somebody asks what is known of them, and gets all of it, and nobody else's."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Booking
from bookings.services.customer import CustomerDetails
from bookings.services.status import cancel_booking
from core import events
from core.access import CallerKind, Role
from core.models import Event, Outbox
from notifications.services.sending import send_due
from tests.console import desk_for
from tests.core.openapi_document import Document

PARTS = ["bookings", "series", "waitlist", "bundles", "links", "consents", "messages", "history"]


def tell_everybody() -> None:
    """Let what happened become messages, and send them."""
    Outbox.objects.update(not_before=timezone.now())
    while events.relay():
        pass
    send_due()


@pytest.fixture
def mia(book, staff):
    """Mia has an appointment ahead and one that was cancelled."""
    booking = book()
    gone = book(at=booking.starts_at + timedelta(days=1))
    cancel_booking(gone, caller=staff, reason="Mia has the flu")
    return booking.customer


@pytest.mark.django_db(transaction=True)
def test_a_program_exports_everything_about_a_customer(mia, lea, desk, book):
    book(
        at=Booking.objects.earliest("starts_at").starts_at + timedelta(hours=3),
        customer=CustomerDetails(
            name="Leo Brandt", email="leo@example.com", company="Brandt", phone="030 7654321"
        ),
        inquiry="Leo's own",
    )
    tell_everybody()

    answer = desk.get(f"/api/customers/{mia.pk}/export")

    assert answer.status_code == 200, answer.content
    assert Document().faults("exportCustomer", answer) == []
    told = answer.json()["data"]
    assert list(told) == ["exportedAt", "organization", "customer", *PARTS]
    assert told["customer"]["email"] == "mia@example.com"
    kept, gone = told["bookings"]
    assert (kept["service"], kept["resource"], kept["inquiry"]) == (
        "Haircut",
        "Anna",
        "As last time",
    )
    assert (gone["status"], gone["cancelReason"]) == ("CANCELLED", "Mia has the flu")
    theirs = [one for one in told["messages"] if one["audience"] == "CUSTOMER"]
    assert {one["sentTo"] for one in theirs} == {"mia@example.com"}
    assert any("Haircut" in one["subject"] for one in theirs)
    assert "booking.cancelled" in [one["event"] for one in told["history"]]
    assert "Leo" not in answer.text
    event = Event.objects.get(name="customer.exported")
    assert (event.subject_id, event.actor_kind, event.data) == (
        mia.pk,
        CallerKind.KEY,
        {"format": "json"},
    )


@pytest.mark.django_db
def test_who_may_not_export_gets_nothing_and_it_is_not_recorded(mia, stranger, website, desk):
    path = f"/api/customers/{mia.pk}/export"

    assert stranger.get(path).status_code == 404
    assert website.get(path).status_code == 403
    assert desk.get(path, {"all": "1"}).status_code == 400

    assert not Event.objects.filter(name="customer.exported").exists()


@pytest.mark.django_db
def test_three_exports_in_a_minute_are_enough(mia, desk):
    path = f"/api/customers/{mia.pk}/export"

    assert [desk.get(path).status_code for _ in range(4)] == [200, 200, 200, 429]


@pytest.mark.django_db
def test_an_export_asks_the_same_number_of_questions_however_much_there_is(
    mia, desk, book, django_assert_num_queries, django_assert_max_num_queries
):
    path = f"/api/customers/{mia.pk}/export"
    desk.get(path)
    with django_assert_max_num_queries(24) as before:
        desk.get(path)
    for days in (2, 3, 4):
        book(at=Booking.objects.earliest("starts_at").starts_at + timedelta(days=days))

    with django_assert_num_queries(len(before)):
        assert len(desk.get(path).json()["data"]["bookings"]) == 5


@pytest.mark.django_db
def test_the_console_hands_out_an_archive_that_people_and_programs_read(salon, mia):
    manager = desk_for(salon, Role.MANAGER)

    answer = manager.send(f"/admin/bookings/customer/{mia.pk}/export/")

    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == ('attachment; filename="salon-customer-2026-11-03.zip"')
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        files = {name: packed.read(name).decode() for name in packed.namelist()}
    assert set(files) == {"index.html", "data.json", "appointments.ics"}
    assert "Mia Müller" in files["index.html"]
    assert "<script" not in files["index.html"]
    assert len(json.loads(files["data.json"])["bookings"]) == 2
    assert files["appointments.ics"].count("BEGIN:VEVENT") == 2
    assert Event.objects.get(name="customer.exported").data == {"format": "zip"}


@pytest.mark.django_db
def test_who_may_not_export_sees_no_button_and_gets_no_archive(salon, mia):
    staff = desk_for(salon, Role.STAFF)

    page = staff.get(f"/admin/bookings/customer/{mia.pk}/change/")
    answer = staff.send(f"/admin/bookings/customer/{mia.pk}/export/")

    assert "Download all" not in page.text
    assert answer.status_code == 403
    assert not Event.objects.filter(name="customer.exported").exists()
