"""A customer's own booking through the link that came with it: read, move, cancel."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from bookings.api.manage import ManagedBookingSerializer
from bookings.models import Booking, ChangeReason
from bookings.selectors.manage import manage_token
from bookings.services.manage import renew_manage_link
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, confirm_booking
from core.access import CallerKind
from core.links import make_link_token
from core.models import Event
from tests.factories import OrganizationFactory, ResourceFactory

pytestmark = pytest.mark.django_db

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
ELEVEN = {"timeSlot": {"startTime": "2026-11-16T11:00:00+01:00", "duration": 30}}


@pytest.fixture
def mia() -> APIClient:
    """Mia's browser, which has no key."""
    return APIClient()


@pytest.fixture
def booking(book, haircut, staff) -> Booking:
    """Her haircut on Monday at ten. She may cancel a day ahead, then for 15.00 euros."""
    haircut.cancel_notice_minutes = 24 * 60
    haircut.late_fee_amount = Decimal("15.00")
    haircut.most_reschedules = 1
    haircut.save()
    return confirm_booking(book(notes="Talks a lot"), caller=staff)


def address_of(booking: Booking) -> str:
    return f"/api/manage/{manage_token(booking)}"


@pytest.fixture
def unchanged(booking):
    """Call it to see that nothing has changed."""
    row = Booking.objects.filter(pk=booking.pk).values()
    before, happened = row.get(), Event.objects.count()

    def unchanged() -> bool:
        same = row.get() == before and Event.objects.count() == happened
        return same and not ChangeReason.objects.exists()

    return unchanged


def test_the_answer_to_a_new_booking_carries_the_link_and_no_other_answer_does(website, desk, wish):
    with override_settings(PUBLIC_BASE_URL="https://book.example"):
        first = website.post("/api/bookings", wish, headers={"Idempotency-Key": "one"})
        again = website.post("/api/bookings", wish, headers={"Idempotency-Key": "one"})

    created = first.json()["data"]
    assert created["manageUrl"] == f"https://book.example/manage/{created['manageToken']}"
    assert (again["Idempotency-Replayed"], again.json()) == ("true", first.json())
    read = desk.get(f"/api/bookings/{created['id']}").json()["data"]
    assert set(created) - set(read) == {"manageToken", "manageUrl"}
    followed = website.get(f"/api/manage/{created['manageToken']}")
    assert followed.json()["data"]["id"] == created["id"]


def test_the_customer_reads_their_booking_and_what_they_may_do(mia, booking):
    response = mia.get(address_of(booking))

    assert (response.status_code, response["ETag"]) == (200, '"2"')
    data = response.json()["data"]
    only_where_they_apply = ("groupSessionId", "bundlePurchaseId")
    promised = list(ManagedBookingSerializer().get_fields())
    assert list(data) == [name for name in promised if name not in only_where_they_apply]
    assert {name: data[name] for name in ("status", "name", "serviceName", "resourceName")} == {
        "status": "CONFIRMED",
        "name": "Mia Müller",
        "serviceName": "Haircut",
        "resourceName": "Anna",
    }
    assert data["allowedActions"] == [
        {"action": "RESCHEDULE", "until": "2026-11-16T09:00:00Z", "fee": None},
        {"action": "CANCEL", "until": "2026-11-15T09:00:00Z", "fee": None},
    ]
    assert "Talks a lot" not in response.content.decode()


def test_reading_changes_nothing_and_asks_the_database_once(
    mia, booking, unchanged, django_assert_num_queries
):
    with django_assert_num_queries(1):
        mia.get(address_of(booking))
    assert unchanged()


def test_the_customer_moves_it_and_the_move_is_counted(mia, booking, ten_o_clock):
    response = mia.put(address_of(booking), {**ELEVEN, "reason": "The train is late"})

    assert (response.status_code, response["ETag"]) == (200, '"3"')
    data = response.json()["data"]
    assert (data["timeSlot"]["startTime"], data["status"]) == ("2026-11-16T10:00:00Z", "CONFIRMED")
    assert [one["action"] for one in data["allowedActions"]] == ["CANCEL"]
    booking.refresh_from_db()
    assert (booking.starts_at, booking.reschedules) == (ten_o_clock + HOUR, 1)
    assert ChangeReason.objects.get().text == "The train is late"
    event = Event.objects.get(name="booking.rescheduled")
    assert (event.actor_kind, event.actor_id) == (CallerKind.CUSTOMER, booking.customer_id)

    again = mia.put(address_of(booking), ELEVEN)
    assert again.status_code == 200  # where it is already is no move
    later = {"timeSlot": {"startTime": "2026-11-16T12:00:00+01:00", "duration": 30}}
    refused = mia.put(address_of(booking), later)
    assert refused.status_code == 409
    assert refused.json()["error"]["details"] == {"reason": "RESCHEDULE_LIMIT", "most": 1}


def test_a_time_that_is_taken_is_refused_with_others(mia, booking, book, ten_o_clock, clock):
    book(at=ten_o_clock + HOUR)
    version = Booking.objects.get(pk=booking.pk).version

    refused = mia.put(address_of(booking), ELEVEN)

    details = refused.json()["error"]["details"]
    assert (refused.status_code, details["reason"]) == (409, "SLOT_TAKEN")
    assert len(details["alternatives"]) == 3
    booking.refresh_from_db()
    assert (booking.starts_at, booking.version) == (ten_o_clock, version)


def test_somebody_else_can_take_over_and_only_who_offers_it(mia, booking, haircut, ben, salon):
    haircut.resources.add(ben)
    other = ResourceFactory(organization=salon, name="Clara")

    refused = mia.put(address_of(booking), {**ELEVEN, "resourceId": str(other.pk)})
    assert refused.status_code == 409
    moved = mia.put(address_of(booking), {**ELEVEN, "resourceId": str(ben.pk)})

    assert moved.json()["data"]["resourceName"] == "Ben"


def test_another_organizations_resource_does_not_exist(mia, booking, unchanged):
    foreign = ResourceFactory(organization=OrganizationFactory())

    refused = mia.put(address_of(booking), {**ELEVEN, "resourceId": str(foreign.pk)})

    assert refused.status_code == 404
    assert unchanged()


def test_the_customer_cancels_in_time(mia, booking):
    response = mia.delete(address_of(booking), {"reason": "I am ill"})

    data = response.json()["data"]
    assert (response.status_code, data["status"], data["fee"]) == (200, "CANCELLED", None)
    assert data["allowedActions"] == []
    booking.refresh_from_db()
    assert booking.cancel_reason == "I am ill"
    again = mia.delete(address_of(booking))
    assert again.json()["error"]["details"]["reason"] == "ILLEGAL_TRANSITION"


def test_a_late_cancellation_says_its_price_before_and_after(mia, booking, ten_o_clock, clock):
    clock.move_to(ten_o_clock - DAY + SECOND)
    fee = {"amount": "15.00", "currency": "EUR"}

    before = mia.get(address_of(booking)).json()["data"]
    after = mia.delete(address_of(booking)).json()["data"]

    assert before["allowedActions"][1] == {
        "action": "CANCEL",
        "until": "2026-11-16T09:00:00Z",
        "fee": fee,
    }
    assert (after["status"], after["fee"]) == ("CANCELLED", fee)


def test_after_the_deadline_without_a_fee_nobody_cancels_alone(
    mia, booking, haircut, unchanged, ten_o_clock, clock
):
    haircut.late_fee_amount = None
    haircut.save()
    clock.move_to(ten_o_clock - DAY + SECOND)

    refused = mia.delete(address_of(booking), {"reason": "Ill"})

    assert refused.status_code == 409
    assert refused.json()["error"]["details"] == {
        "reason": "CANCEL_DEADLINE",
        "until": "2026-11-15T09:00:00Z",
    }
    assert unchanged()


def test_what_was_changed_meanwhile_is_not_changed_unseen(mia, booking, unchanged):
    stale = {"If-Match": '"1"'}
    for refused in (
        mia.put(address_of(booking), ELEVEN, headers=stale),
        mia.delete(address_of(booking), headers=stale),
    ):
        assert refused.status_code == 412
    assert unchanged()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "timeSlot"),
        ({**ELEVEN, "inquiry": "Color too"}, "inquiry"),
        ({**ELEVEN, "resourceId": "anna"}, "resourceId"),
        ({**ELEVEN, "reason": "x" * 2001}, "reason"),
        ({"timeSlot": {**ELEVEN["timeSlot"], "duration": 50}}, "timeSlot.duration"),
        ({"timeSlot": {**ELEVEN["timeSlot"], "timezone": "Mars/Base"}}, "timeSlot.timezone"),
        ({"timeSlot": {**ELEVEN["timeSlot"], "timezone": "UTC"}}, "timeSlot.timezone"),
    ],
)
def test_what_is_wrong_is_named(mia, booking, unchanged, body, field):
    refused = mia.put(address_of(booking), body)

    assert refused.status_code == 400
    assert list(refused.json()["error"]["details"]["fields"]) == [field]
    assert unchanged()


def test_a_new_generation_makes_every_older_link_a_dead_one(mia, booking, staff):
    old = address_of(booking)

    renewed = renew_manage_link(booking, caller=staff)

    for answer in (mia.get(old), mia.put(old, ELEVEN), mia.delete(old)):
        assert answer.status_code == 404
    assert mia.get(address_of(renewed)).status_code == 200
    event = Event.objects.get(name="booking.link_renewed")
    assert event.data == {"generation": 2, "version": 3}


def test_a_link_expires_a_month_after_the_appointment(mia, booking, clock):
    clock.move_to(booking.ends_at + 30 * DAY - SECOND)
    assert mia.get(address_of(booking)).status_code == 200

    clock.shift(2 * SECOND)
    expired = mia.get(address_of(booking))
    assert expired.status_code == 404
    assert expired.json()["error"]["message"] == "There is nothing here."


def test_a_link_of_a_closed_organization_leads_nowhere(mia, booking, salon):
    salon.is_active = False
    salon.save()

    assert mia.get(address_of(booking)).status_code == 404


def test_a_token_of_another_kind_or_row_opens_nothing(mia, booking, book, ten_o_clock):
    other = book(at=ten_o_clock + DAY)
    mixed = manage_token(booking)[:22] + manage_token(other)[22:]

    for token in (mixed, make_link_token("waitlist", booking.pk, 1), "x" * 43, str(booking.pk)):
        assert mia.get(f"/api/manage/{token}").status_code == 404


def test_the_link_opens_one_booking_and_nothing_else_of_the_api(mia, booking):
    token = manage_token(booking)
    headers = {"Authorization": f"Bearer {token}"}

    assert mia.get("/api/bookings", headers=headers).status_code == 401
    assert mia.patch(address_of(booking), {"status": "COMPLETED"}).status_code == 405
    assert mia.post(address_of(booking), {}).status_code == 405


def test_whoever_asks_too_often_from_one_address_waits(mia, booking, settings):
    settings.RATE_LIMIT_MAX_REQUESTS = 2
    answers = [mia.get(f"/api/manage/{number}") for number in range(3)]

    assert [answer.status_code for answer in answers] == [404, 404, 429]


def test_staffs_own_moves_leave_the_customers_count_alone(mia, booking, staff, ten_o_clock):
    update_booking(booking, Changes(starts_at=ten_o_clock + 2 * HOUR), caller=staff)

    assert mia.put(address_of(booking), ELEVEN).status_code == 200
    cancel_booking(booking, caller=staff)
    assert mia.get(address_of(booking)).json()["data"]["allowedActions"] == []


def other_times(mia, booking, **query):
    asked = {"from": "2026-11-16", "to": "2026-11-17", **query}
    return mia.get(f"{address_of(booking)}/availability", asked)


def starts_in(response):
    return [slot["startTime"][11:16] for slot in response.json()["data"]["slots"]]


def test_the_other_times_are_free_ones_and_its_own_is_not_in_the_way(
    mia, booking, book, ten_o_clock
):
    book(at=ten_o_clock + 2 * HOUR)

    response = other_times(mia, booking, duration=60)

    starts = starts_in(response)
    assert {"08:30", "09:00", "09:30"} <= set(starts)  # around its own 09:00 UTC
    assert not {"10:30", "11:00"} & set(starts)
    for slot in response.json()["data"]["slots"][:2]:
        slot_wish = {"startTime": slot["startTime"], "duration": 60}
        moved = mia.put(address_of(booking), {"timeSlot": slot_wish})
        assert moved.status_code == 200, moved.content
        Booking.objects.update(reschedules=0)


def test_the_other_times_are_with_whom_it_is_unless_another_is_named(mia, booking, haircut, ben):
    haircut.resources.add(ben)

    own, bens = other_times(mia, booking), other_times(mia, booking, resourceId=str(ben.pk))

    for response, resource_id in ((own, booking.resource_id), (bens, ben.pk)):
        slots = response.json()["data"]["slots"]
        assert {tuple(slot["resourceIds"]) for slot in slots} == {(str(resource_id),)}


def test_what_may_not_be_moved_has_no_other_times(mia, booking):
    Booking.objects.update(reschedules=1)

    assert starts_in(other_times(mia, booking)) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-11-17", "to": "2026-11-16"}, "to"),
        ({"to": "2027-02-16"}, "to"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"duration": "50"}, "duration"),
        ({"serviceId": "x"}, "serviceId"),
    ],
)
def test_a_question_that_makes_no_sense_names_its_field(mia, booking, query, field):
    refused = other_times(mia, booking, **query)

    assert refused.status_code == 400
    assert list(refused.json()["error"]["details"]["fields"]) == [field]
