"""What a service asks of its calendar, through the one function that takes time."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bookings.availability.reasons import Cause
from bookings.errors import NotOffered
from bookings.models import (
    Allocation,
    Booking,
    DateOverride,
    TimeOff,
    WeeklyHours,
)
from bookings.selectors.slots import free_slots, next_slot, why_not
from bookings.services.hold import new_token, place_hold
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, lapse_requests
from core.access import Caller, CallerKind
from core.errors import Forbidden
from core.models import Event
from tests.bookings.mondays import BEN_THE_CUSTOMER, day_of, monday, offered, set_rules
from tests.factories import ResourceFactory

pytestmark = pytest.mark.django_db


class TestHours:
    def test_a_break_is_cut_out_and_the_steps_begin_after_it(self, haircut, anna, clock):
        schedule = anna.schedules.get()
        WeeklyHours.objects.create(
            schedule=schedule, weekday=0, opens="12:15", closes="13:15", is_break=True
        )

        found = offered(haircut, monday(0))

        assert "11:30" in found
        assert not {"12:00", "12:30", "13:00"} & set(found)
        assert {"13:15", "13:45", "16:15"} <= set(found)

    def test_the_hours_of_a_date_take_the_place_of_the_week(self, haircut, anna, salon, clock):
        day = date(2026, 11, 16)
        DateOverride.objects.create(
            organization=salon, resource=anna, on=day, opens="18:00", closes="19:00"
        )

        assert offered(haircut, monday(0)) == ["18:00", "18:30"]

    def test_everybodys_override_yields_to_ones_own(self, haircut, anna, ben, salon, clock):
        haircut.resources.set([anna, ben])
        day = date(2026, 11, 16)
        DateOverride.objects.create(organization=salon, on=day)  # closed
        DateOverride.objects.create(
            organization=salon, resource=ben, on=day, opens="08:00", closes="09:00"
        )

        found = free_slots(haircut, day_of(monday(0)), minutes=30)

        assert [slot.start for slot in found] == [monday(8), monday(8, 30)]
        assert {slot.resource_ids for slot in found} == {(ben.pk,)}

    def test_a_public_holiday_is_closed_unless_its_date_has_hours(self, haircut, anna, salon, book):
        salon.holiday_country = "DE"
        salon.save()
        boxing_day = datetime(2026, 12, 25, 9, tzinfo=UTC)

        assert offered(haircut, boxing_day) == []
        with pytest.raises(NotOffered) as refusal:
            book(at=boxing_day)
        assert refusal.value.reason == "HOLIDAY"
        DateOverride.objects.create(
            organization=salon, resource=anna, on=boxing_day.date(), opens="10:00", closes="11:00"
        )
        assert offered(haircut, boxing_day) == ["10:00", "10:30"]

    def test_who_does_not_observe_them_works(self, haircut, anna, salon, clock):
        salon.holiday_country = "DE"
        salon.save()
        anna.observes_holidays = False
        anna.save()

        assert len(offered(haircut, datetime(2026, 12, 25, 9, tzinfo=UTC))) == 16

    def test_time_off_is_in_the_way_and_comes_again(self, haircut, anna, salon, book):
        TimeOff.objects.create(
            organization=salon,
            resource=anna,
            starts_on=date(2026, 11, 9),
            starts_at_time="09:00",
            ends_on=date(2026, 11, 9),
            ends_at_time="16:00",
            recurrence="FREQ=WEEKLY;COUNT=2",
            last_on=date(2026, 11, 16),
        )

        assert offered(haircut, monday(0)) == ["16:00", "16:30"]
        with pytest.raises(NotOffered) as refusal:
            book(at=monday(10))
        assert refusal.value.reason == "TIME_OFF"
        assert len(offered(haircut, monday(0) + timedelta(days=7))) == 16


class TestLimits:
    def test_a_full_day_is_refused_and_the_next_is_not(self, book, haircut):
        set_rules(haircut, limit_per_day=2)
        book(at=monday(9))
        book(at=monday(12))

        assert offered(haircut, monday(0)) == []
        with pytest.raises(NotOffered) as refusal:
            book(at=monday(14))
        assert refusal.value.reason == "LIMIT_DAY"
        assert Booking.objects.count() == 2
        assert book(at=monday(9) + timedelta(days=1)).version == 1

    def test_weeks_and_months_have_limits_of_their_own(self, book, haircut):
        set_rules(haircut, limit_per_week=1, limit_per_month=2)
        book(at=monday(9))
        with pytest.raises(NotOffered) as week:
            book(at=monday(9) + timedelta(days=4))
        book(at=monday(9) + timedelta(days=7))
        with pytest.raises(NotOffered) as month:
            book(at=monday(9) + timedelta(days=14))

        assert (week.value.reason, month.value.reason) == ("LIMIT_WEEK", "LIMIT_MONTH")
        assert book(at=monday(9) + timedelta(days=15)).starts_at.month == 12

    def test_what_is_cancelled_does_not_count_and_moving_within_the_day_is_fine(
        self, book, haircut, staff
    ):
        set_rules(haircut, limit_per_day=1)
        cancel_booking(book(at=monday(9)), caller=staff)
        booking = book(at=monday(10))

        moved = update_booking(booking, Changes(starts_at=monday(11)), caller=staff)

        assert moved.starts_at == monday(11)

    def test_a_customer_may_have_enough_while_others_may_book(self, book, haircut):
        set_rules(haircut, customer_limit_per_day=1)
        book(at=monday(9))

        with pytest.raises(NotOffered) as refusal:
            book(at=monday(12))
        assert refusal.value.reason == "LIMIT_CUSTOMER"
        assert Booking.objects.count() == Allocation.objects.count() == 1
        assert book(at=monday(12), customer=BEN_THE_CUSTOMER).version == 1


class TestOverbooking:
    def test_needs_the_permission_and_uses_an_extra_lane(self, book, haircut, anna, salon, clock):
        first = book()
        clerk = Caller(CallerKind.USER, salon.pk, scopes=frozenset({"bookings:write"}))
        with pytest.raises(Forbidden):
            book(overbook_reason="Her sister", customer=BEN_THE_CUSTOMER, caller=clerk)

        one_more = book(overbook_reason="Her sister", customer=BEN_THE_CUSTOMER)

        assert (first.is_overbooked, one_more.is_overbooked) == (False, True)
        extra = one_more.allocations.get().lane
        assert (extra.is_extra, extra.is_active, extra.resource) == (True, False, anna)
        assert one_more.reasons.get().text == "Her sister"
        again = book(overbook_reason="The third", customer=BEN_THE_CUSTOMER)
        assert again.allocations.get().lane.number == 2

    def test_a_hold_that_lapsed_is_not_in_the_way(self, haircut, book, staff, clock, ten_o_clock):
        place_hold(
            service=haircut, starts_at=ten_o_clock, minutes=30, token=new_token(), caller=staff
        )
        clock.shift(301)

        booking = book(overbook_reason="She called")

        assert not booking.is_overbooked
        assert Allocation.objects.get(released_at=None).booking == booking

    def test_outside_of_everything_but_with_room_it_is_no_overbooking(self, book, haircut):
        sunday = monday(9) - timedelta(days=1)

        booking = book(at=sunday, overbook_reason="She asked for it")

        assert (booking.starts_at, booking.is_overbooked) == (sunday, False)
        assert not booking.allocations.get().lane.is_extra


def test_a_request_that_nobody_answers_gives_its_time_back(book, haircut, clock):
    set_rules(haircut, answer_within_minutes=60)
    booking, answered = book(at=monday(10)), book(at=monday(11))
    Booking.objects.filter(pk=answered.pk).update(status="CONFIRMED", version=2)
    clock.shift(3599)
    assert lapse_requests() == 0

    clock.shift(2)

    assert lapse_requests() == 1
    booking.refresh_from_db()
    assert (booking.status, booking.version) == ("CANCELLED", 2)
    assert Allocation.objects.filter(released_at=None).count() == 1
    event = Event.objects.get(name="booking.cancelled")
    assert (event.actor_kind, event.data["unanswered"]) == ("clock", True)
    assert lapse_requests() == 0


class TestWhy:
    def test_each_candidate_says_what_stands_against_it(self, book, haircut, anna, salon):
        set_rules(haircut, buffer_after_minutes=30)
        booking = book(at=monday(10))
        off = TimeOff.objects.create(
            organization=salon,
            starts_on=date(2026, 11, 16),
            starts_at_time="15:00",
            ends_on=date(2026, 11, 16),
            last_on=date(2026, 11, 16),
        )

        found = why_not(haircut, day_of(monday(0)), minutes=30)

        told = {f"{start + timedelta(hours=1):%H:%M}": reasons for start, reasons in found}
        assert len(told) == 48
        assert [reason.code for reason in told["08:30"]] == ["OUTSIDE_HOURS"]
        assert told["09:00"] == ()
        assert told["09:30"][0].code == "BUFFER"
        assert told["10:00"][0] == ("TAKEN", (Cause("BOOKING", booking.pk),))
        assert told["11:00"] == ()
        assert told["15:00"][0] == ("TIME_OFF", (Cause("TIME_OFF", off.pk),))
        free = {start for start, reasons in found if not reasons}
        assert free == {slot.start for slot in free_slots(haircut, day_of(monday(0)), minutes=30)}

    def test_customers_learn_codes_and_staff_the_rows(self, book, website, desk, haircut):
        booking = book(at=monday(10))
        query = {"from": "2026-11-16T09:00:00Z", "to": "2026-11-16T09:30:00Z", "duration": 30}

        (for_customers,) = website.get("/api/availability/explain", query).json()["data"][
            "candidates"
        ]
        (for_staff,) = desk.get("/api/availability/explain", query).json()["data"]["candidates"]

        assert for_customers == {
            "startTime": "2026-11-16T09:00:00Z",
            "available": False,
            "reasons": [{"code": "TAKEN"}],
        }
        cause = {"kind": "BOOKING", "id": str(booking.pk)}
        assert for_staff["reasons"] == [{"code": "TAKEN", "cause": cause}]


class TestNext:
    def test_it_is_weeks_away(self, website, haircut, anna, salon, django_assert_max_num_queries):
        TimeOff.objects.create(
            organization=salon,
            resource=anna,
            starts_on=date(2026, 11, 1),
            ends_on=date(2026, 12, 31),
            last_on=date(2026, 12, 31),
        )

        website.get("/api/availability/next", {"after": "2026-11-16"})  # its key is known now
        with django_assert_max_num_queries(5):
            answer = website.get("/api/availability/next", {"after": "2026-11-16", "duration": 45})

        assert answer.json()["data"]["slot"] == {
            "startTime": "2027-01-01T08:00:00Z",
            "endTime": "2027-01-01T08:45:00Z",
            "resourceIds": [str(anna.pk)],
        }

    def test_there_may_be_none(self, website, haircut, anna, clock):
        anna.schedules.all().delete()

        answer = website.get("/api/availability/next", {"after": "2026-11-16"})

        assert (answer.status_code, answer.json()["data"]) == (200, {"slot": None})
        assert next_slot(haircut, monday(9) + timedelta(days=400), minutes=30) is None


def test_availability_reads_as_often_for_many_resources_and_days_as_for_one(
    website, haircut, salon, clock, django_assert_num_queries
):
    set_rules(haircut, limit_per_day=100)
    haircut.resources.add(*[ResourceFactory(organization=salon) for _ in range(8)])
    day = {"from": "2026-11-16", "to": "2026-11-17", "serviceId": str(haircut.pk)}
    website.get("/api/availability", day)

    with django_assert_num_queries(4):  # the service, its crew, what is busy, its limits
        website.get("/api/availability", {**day, "to": "2027-01-17"})
