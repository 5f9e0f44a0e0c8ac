"""Of somebody who was erased nothing can be found: not in a dump, and not with the key to it."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from bookings.models import Booking, BundlePurchase, Customer, WaitlistEntry
from bookings.services.credit import adjust_credits
from bookings.services.questions import QuestionDetails, set_questions
from bookings.services.status import complete_booking, confirm_booking
from core import events
from core.access import Caller, Role
from core.db import in_one_transaction
from core.fields import Encrypted
from core.models import Event, Outbox
from notifications.models import Delivery
from notifications.services.sending import send_due
from tests.console import desk_for, said, shown
from tests.factories import BundleFactory
from tests.house.test_nobody_in_clear import ANSWER, PLACE, REASON, TOLD, dump, readable

pytestmark = pytest.mark.django_db(transaction=True)


def opened() -> str:
    """Every encrypted value of every table, as whoever has the key reads it."""
    found = []
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if not isinstance(field, Encrypted):
                continue
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT "{field.column}" FROM "{model._meta.db_table}"')
                tokens = [token for (token,) in cursor.fetchall() if token is not None]
            found += [str(field.from_bytes(field.fernet.decrypt(token))) for token in tokens]
    return "\n".join(found)


def tell_everybody() -> None:
    Outbox.objects.update(not_before=timezone.now())
    while events.relay():
        pass
    send_due()


@pytest.fixture
def stay(desk, wish, haircut, products, salon):
    """Xaverine was here, comes again, waits for a time, has a bundle and a calendar address."""
    salon.admin_email = "desk@example.com"
    salon.save()
    haircut.location_kind = "CUSTOMER"
    haircut.save()
    in_one_transaction(set_questions)(haircut, [QuestionDetails(key="care", label="Care?")])
    wish |= {**TOLD, "answers": {"care": ANSWER}, "location": PLACE}
    assert desk.post("/api/bookings", wish, headers={"Idempotency-Key": "1"}).status_code == 201
    booking = Booking.objects.get()
    caller = Caller.command(salon.pk)
    complete_booking(confirm_booking(booking, caller=caller), caller=caller)
    ahead = {**wish, "timeSlot": {"startTime": "2026-11-17T10:00:00+01:00", "duration": 30}}
    assert desk.post("/api/bookings", ahead).status_code == 201
    moved = {**ahead["timeSlot"], "startTime": "2026-11-17T11:00:00+01:00"}
    second = Booking.objects.exclude(pk=booking.pk).get()
    path = f"/api/bookings/{second.pk}"
    assert desk.put(path, {"timeSlot": moved, "reason": REASON}).status_code == 200
    start = second.starts_at + timedelta(hours=1)
    wait = {name: TOLD[name] for name in ("name", "company", "email", "phone", "inquiry")} | {
        "from": start.isoformat(),
        "to": (start + timedelta(minutes=30)).isoformat(),
        "duration": 30,
    }
    assert desk.post("/api/waitlist", wait).status_code == 201
    customer = Customer.objects.get(pk=booking.customer_id)
    bundle = BundleFactory(customer=customer, product=products["FULL_SEMESTER_BUNDLE"])
    adjust_credits(bundle, amount=1, reason=REASON, caller=caller)
    assert desk.post(f"/api/customers/{customer.pk}/feed").status_code in (200, 201)
    assert desk.post(f"/api/customers/{customer.pk}/link").status_code == 202
    tell_everybody()
    return customer


def test_nothing_of_somebody_erased_is_found_even_with_the_key(stay, desk):
    assert set(readable(opened())) >= {"Xaverine", "Papagei", "Haselnüsse", "Schornsteinfeger"}
    known_by = bytes(stay.email_index).hex()
    assert known_by in dump()

    answer = desk.post(f"/api/customers/{stay.pk}/erase")
    tell_everybody()

    assert answer.status_code == 200, answer.content
    assert answer.json()["data"]["id"] == str(stay.pk)
    assert readable(opened()) == []
    text = dump()
    assert readable(text) == []
    assert known_by not in text
    assert Booking.index_of_email(TOLD["email"]).hex() not in text
    assert not Booking.objects.exclude(name_index=[]).exists()
    assert not Customer.objects.filter(pk=stay.pk).exclude(name_index=[]).exists()


def test_the_books_keep_what_happened_without_saying_to_whom(stay, desk):
    desk.post(f"/api/customers/{stay.pk}/erase")
    tell_everybody()

    was, ahead = Booking.objects.order_by("starts_at")
    assert (was.status, was.name, was.email, was.customer_id) == (
        "COMPLETED",
        "Erased",
        "",
        stay.pk,
    )
    assert (ahead.status, ahead.name) == ("CANCELLED", "Erased")
    assert ahead.allocations.filter(released_at=None).count() == 0
    assert WaitlistEntry.objects.get().status == "CANCELLED"
    bundle = BundlePurchase.objects.get()
    assert [entry.amount for entry in bundle.ledger.all()] == [10, 1]
    about = Event.objects.filter(name="customer.erased", subject_id=stay.pk)
    assert about.get().data == {
        "bookings": 2,
        "cancelled": 1,
        "waitlist": 1,
        "messages": about.get().data["messages"],
        "answers": 1,
    }
    late = Delivery.objects.filter(event__name="booking.cancelled")
    assert {one.audience for one in late} == {"ADMIN"}


def test_a_second_time_changes_nothing(stay, desk):
    first = desk.post(f"/api/customers/{stay.pk}/erase").json()["data"]
    before = dump()

    again = desk.post(f"/api/customers/{stay.pk}/erase").json()["data"]

    assert again == first
    assert dump() == before


def test_what_was_answered_is_not_answered_again(stay, desk, wish):
    desk.post(f"/api/customers/{stay.pk}/erase")

    again = desk.post("/api/bookings", wish, headers={"Idempotency-Key": "1"})

    assert again.json()["data"] is None
    assert Booking.objects.count() == 2


def test_who_books_again_with_the_same_address_is_somebody_new(stay, desk, wish):
    desk.post(f"/api/customers/{stay.pk}/erase")
    slot = {"startTime": "2026-11-18T10:00:00+01:00", "duration": 30}

    booked = desk.post("/api/bookings", {**wish, "timeSlot": slot}).json()["data"]

    assert booked["customerId"] != str(stay.pk)
    found = desk.get("/api/customers").json()["data"]
    assert [one["id"] for one in found] == [booked["customerId"]]
    assert desk.get(f"/api/customers/{stay.pk}").status_code == 404
    assert desk.post(f"/api/customers/{stay.pk}/link").status_code == 404


def test_nobody_erases_who_may_not(stay, desk, stranger, website, salon):
    path = f"/api/customers/{stay.pk}/erase"
    before = dump()

    assert stranger.post(path).status_code == 404
    assert website.post(path).status_code == 403

    assert Customer.objects.get(pk=stay.pk).erased_at is None
    assert Booking.objects.filter(status="CANCELLED").count() == 0
    assert "customer.erased" not in dump()
    assert before


def test_the_console_asks_for_the_address_before_it_erases(stay, salon):
    admin, manager = desk_for(salon, Role.ADMIN), desk_for(salon, Role.MANAGER)
    page = f"/admin/bookings/customer/{stay.pk}"

    asked = shown(admin.get(f"{page}/erase/"))
    wrong = admin.send(f"{page}/erase/", email="somebody@example.com")

    assert "1 appointment ahead is cancelled. They are not told." in asked
    assert "2 bookings stay for the books, without a name." in asked
    assert "11 sessions that they have paid for are lost to them." in asked
    assert wrong.status_code == 422
    assert manager.send(f"{page}/erase/", email=TOLD["email"]).status_code == 403
    assert Customer.objects.get(pk=stay.pk).erased_at is None

    assert manager.send(f"{page}/erase/", go="tell").status_code == 403
    told = admin.send(f"{page}/erase/", go="tell")
    assert said(told)[-1] == (
        "What was ahead is cancelled, and they are told. Erase them once it has left."
    )
    assert "has not left yet, and will not be sent." in shown(admin.get(f"{page}/erase/"))
    tell_everybody()
    gone = Delivery.objects.get(message="booking_cancelled")
    assert (gone.audience, gone.address) == ("CUSTOMER", TOLD["email"])
    Delivery.objects.filter(status__in=Delivery.OPEN).update(status="SENT")
    asked = shown(admin.get(f"{page}/erase/"))
    assert "Cancel and tell them first" not in asked
    assert "not told" not in asked
    assert "has not left yet" not in asked

    done = admin.send(f"{page}/erase/", email=TOLD["email"].upper())

    assert said(done)[-1:] == ["They are erased. What was booked is kept without their name."]
    after = admin.get(f"{page}/change/").text
    assert readable(after) == []
    assert "Erase for good" not in after
    assert str(stay.pk) not in admin.get("/admin/bookings/customer/").text
