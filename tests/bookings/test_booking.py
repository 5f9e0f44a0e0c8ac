from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from bookings.errors import IllegalTransition, NotOffered, SlotTaken
from bookings.models import Allocation, Booking, Customer
from bookings.services.allocating import find_place
from bookings.services.status import cancel_booking, complete_booking, confirm_booking, mark_no_show
from core.db import in_one_transaction
from core.errors import Invalid, StaleVersion
from core.models import Event, Outbox
from tests.cast import MIA

pytestmark = pytest.mark.django_db


def test_a_new_booking_waits_to_be_confirmed(book, anna, ten_o_clock):
    booking = book()

    assert booking.status == "PENDING"
    assert booking.ends_at == ten_o_clock + timedelta(minutes=30)
    assert booking.resource_id == anna.pk
    assert booking.version == 1
    allocation = Allocation.objects.get()
    assert (allocation.starts_at, allocation.ends_at) == (booking.starts_at, booking.ends_at)


def test_a_service_that_confirms_at_once_makes_a_promise(book, haircut):
    haircut.needs_approval = False

    booking = book()

    assert booking.status == "CONFIRMED"
    assert list(Event.objects.order_by("id").values_list("name", flat=True)) == [
        "booking.created",
        "booking.confirmed",
    ]


def test_a_booking_is_written_with_its_event_and_its_outbox_row(book, staff):
    booking = book()

    event = Event.objects.get()
    assert (event.name, event.subject_id, event.actor_kind) == (
        "booking.created",
        booking.pk,
        "command",
    )
    assert Outbox.objects.get().event_id == event.pk


def test_a_booking_costs_seven_statements(book, django_assert_num_queries):
    next_time = book().ends_at

    # Begin, who and when, lock, busy, customer, all rows at once, commit.
    with django_assert_num_queries(7):
        book(at=next_time)


def test_a_taken_time_is_refused_with_the_nearest_free_ones(book, ten_o_clock):
    book()

    with pytest.raises(SlotTaken) as refusal:
        book()

    offered = [slot["startTime"] for slot in refusal.value.details["alternatives"]]
    half = timedelta(minutes=30)
    assert offered == [ten_o_clock - half, ten_o_clock + half, ten_o_clock + 2 * half] or (
        offered == [ten_o_clock - 2 * half, ten_o_clock - half, ten_o_clock + half]
    )
    assert Booking.objects.count() == 1
    assert Event.objects.count() == 1
    assert Customer.objects.count() == 1


def test_back_to_back_bookings_do_not_overlap(book, ten_o_clock):
    book()
    book(at=ten_o_clock + timedelta(minutes=30))

    assert Booking.objects.count() == 2


def test_buffers_keep_the_resource_busy(book, haircut, ten_o_clock):
    haircut.buffer_after_minutes = 15
    book()

    with pytest.raises(NotOffered) as refusal:
        book(at=ten_o_clock + timedelta(minutes=30))
    assert refusal.value.reason == "BUFFER"
    assert book(at=ten_o_clock + timedelta(minutes=60)).status == "PENDING"


def test_of_two_who_are_free_the_one_with_less_to_do_is_chosen(book, haircut, anna, ben):
    haircut.resources.add(ben)
    first = book()
    second = book()
    third = book(at=first.starts_at + timedelta(hours=1), resource=anna)
    fourth = book(at=first.starts_at + timedelta(hours=2))

    assert {first.resource_id, second.resource_id} == {anna.pk, ben.pk}
    assert third.resource_id == anna.pk
    assert fourth.resource_id == ben.pk


@pytest.mark.parametrize(
    ("hours", "reason"),
    [(-2, "OUTSIDE_HOURS"), (24 * 200, "HORIZON")],
)
def test_a_time_that_is_not_on_offer_is_refused_with_its_reason(book, ten_o_clock, hours, reason):
    with pytest.raises(NotOffered) as refusal:
        book(at=ten_o_clock + timedelta(hours=hours))

    assert refusal.value.reason == reason
    assert Booking.objects.count() == Customer.objects.count() == Event.objects.count() == 0


def test_staff_and_programs_book_between_the_steps_unless_they_say_otherwise(book, haircut, staff):
    booking = book()
    quarter_past = booking.ends_at + timedelta(minutes=15)

    find_free = in_one_transaction(find_place)

    with pytest.raises(NotOffered) as refusal:
        find_free(service=haircut, starts_at=quarter_past, minutes=30, on_grid=True)
    assert refusal.value.reason == "OFF_GRID"
    assert book(at=quarter_past).starts_at == quarter_past


def test_notice_is_two_hours(book, clock):
    clock.move_to("2026-11-03T09:00:00Z")

    with pytest.raises(NotOffered) as refusal:
        book(at=datetime(2026, 11, 3, 10, 30, tzinfo=UTC))
    assert refusal.value.reason == "MIN_NOTICE"


def test_the_past_and_an_unknown_duration_are_named(book, ten_o_clock):
    with pytest.raises(Invalid) as refusal:
        book(at=ten_o_clock - timedelta(days=30), minutes=20, inquiry=" ")

    assert set(refusal.value.details["fields"]) == {
        "timeSlot.startTime",
        "timeSlot.duration",
        "inquiry",
    }


def test_the_status_moves_only_along_its_table(book, staff):
    booking = confirm_booking(book(), caller=staff)
    assert (booking.status, booking.version) == ("CONFIRMED", 2)

    with pytest.raises(IllegalTransition) as refusal:
        confirm_booking(booking, caller=staff)
    assert refusal.value.details == {"status": "CONFIRMED", "wanted": "CONFIRMED"}

    assert complete_booking(booking, caller=staff).status == "COMPLETED"
    for change in (confirm_booking, cancel_booking, mark_no_show):
        with pytest.raises(IllegalTransition):
            change(booking, caller=staff)
    assert Booking.objects.get().version == 3


def test_cancelling_frees_the_time_and_keeps_the_reason_unreadable(book, staff):
    cancel_booking(book(), caller=staff, reason="flu")

    assert book().status == "PENDING"
    assert Booking.objects.get(status="CANCELLED").cancel_reason == "flu"
    assert Event.objects.get(name="booking.cancelled").data == {"version": 2, "was": "PENDING"}


def test_a_change_of_an_older_version_is_refused(book, staff):
    booking = confirm_booking(book(), caller=staff)

    with pytest.raises(StaleVersion):
        cancel_booking(booking, caller=staff, expected_version=1)
    assert Booking.objects.get().status == "CONFIRMED"


def test_a_customer_is_known_by_address_and_never_overwritten(book, ten_o_clock):
    book()
    book(
        at=ten_o_clock + timedelta(hours=1),
        customer=replace(MIA, name="Somebody Else", email="MIA@Example.com "),
    )

    assert Customer.objects.get().name == "Mia Müller"
    assert set(Booking.objects.values_list("name", flat=True)) == {"Mia Müller", "Somebody Else"}


def test_the_database_itself_refuses_what_the_services_would(book):
    booking = book()
    for change, broken in (
        ({"status": "COMPLETED", "version": 2}, "booking_transition_is_legal"),
        ({"status": "CONFIRMED"}, "booking_version_follows"),
        ({"version": 5}, "booking_version_follows"),
        ({"ends_at": booking.starts_at, "version": 2}, "booking_ends_after_it_starts"),
    ):
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            Booking.objects.filter(pk=booking.pk).update(**change)
        assert refusal.value.__cause__.diag.constraint_name == broken


def test_an_event_is_never_changed_or_deleted(book):
    book()
    for change in (
        lambda: Event.objects.update(name="booking.invented"),
        lambda: Event.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            change()


@pytest.mark.parametrize("status", Booking.Status)
@pytest.mark.parametrize("wanted", Booking.Status)
def test_the_trigger_knows_the_same_transitions_as_the_model(book, status, wanted):
    booking = book()
    now = booking.created_at

    def write(status, version):
        cancelled_at = now if status == "CANCELLED" else None
        Booking.objects.filter(pk=booking.pk).update(
            status=status, version=version, cancelled_at=cancelled_at
        )

    way = {"COMPLETED": ["CONFIRMED"], "NO_SHOW": ["CONFIRMED"]}.get(status, [])
    path = [] if status == "PENDING" else [*way, status]
    for version, step in enumerate(path, start=2):
        write(step, version)
    if status == wanted or wanted in Booking.TRANSITIONS[status]:
        write(wanted, len(path) + 2)
    else:
        with pytest.raises(IntegrityError, match="cannot go from"), transaction.atomic():
            write(wanted, len(path) + 2)
