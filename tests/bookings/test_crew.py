"""What takes several resources at once, and who gets what names nobody."""

from datetime import time, timedelta

import pytest

from bookings.errors import NotOffered, SlotTaken
from bookings.models import (
    Allocation,
    Booking,
    Requirement,
    Service,
    ServiceResource,
)
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking
from core.errors import Invalid
from tests.bookings.mondays import BEN_THE_CUSTOMER, monday, offered, set_rules
from tests.factories import ResourceFactory, ResourceTypeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def table(salon):
    kind = ResourceTypeFactory(organization=salon, key="table", name="Table")
    return ResourceFactory(
        organization=salon, name="Table 1", type=kind, hours=(time(10), time(12))
    )


@pytest.fixture
def grooming(haircut, anna, ben, table):
    """Wants a member of staff and a table at once; Anna and Ben can do it, at one table."""
    haircut.resources.set([anna, ben, table])
    Requirement.objects.create(service=haircut, type=anna.type, position=0)
    Requirement.objects.create(service=haircut, type=table.type, position=1)
    return haircut


class TestSeveralAtOnce:
    def test_a_time_is_offered_when_all_that_it_takes_are_free(self, grooming, clock):
        assert offered(grooming, monday(0)) == ["10:00", "10:30", "11:00", "11:30"]

    def test_a_booking_keeps_all_of_it_busy_and_is_with_the_first(
        self, book, grooming, table, anna
    ):
        booking = book(at=monday(10))

        taken = booking.allocations.values_list("lane__resource__name", flat=True)
        assert sorted(taken) == ["Anna", "Table 1"]
        assert booking.resource == anna
        assert "10:00" not in offered(grooming, monday(0))
        with pytest.raises(SlotTaken):
            book(at=monday(10), customer=BEN_THE_CUSTOMER)
        assert Allocation.objects.count() == 2

    def test_moving_and_cancelling_take_and_give_back_all_of_it(self, book, grooming, staff):
        booking = book(at=monday(10))
        moved = update_booking(booking, Changes(starts_at=monday(10, 30)), caller=staff)

        live = Allocation.objects.filter(released_at=None)
        assert {row.starts_at for row in live} == {monday(10, 30)}
        assert (live.count(), moved.version) == (2, 2)
        cancel_booking(moved, caller=staff)
        assert live.all().count() == 0
        assert len(offered(grooming, monday(0))) == 4

    def test_outside_the_tables_hours_nobody_is_booked(self, book, grooming):
        with pytest.raises(NotOffered) as refusal:
            book(at=monday(14))

        assert refusal.value.reason == "OUTSIDE_HOURS"
        assert Booking.objects.count() == Allocation.objects.count() == 0

    def test_a_table_that_is_always_open_follows_the_others(self, grooming, table, clock):
        table.schedules.all().delete()
        assert offered(grooming, monday(0)) == []

        table.is_always_open = True
        table.save()

        assert len(offered(grooming, monday(0))) == 16

    def test_two_members_of_staff_may_be_needed(self, book, grooming, anna, ben, staff):
        Requirement.objects.filter(service=grooming, position=0).update(quantity=2)
        booking = book(at=monday(10), resource=ben)

        names = booking.allocations.values_list("lane__resource__name", flat=True)
        assert sorted(names) == ["Anna", "Ben", "Table 1"]
        assert booking.resource == ben

    def test_collective_takes_everybody(self, book, haircut, anna, ben):
        haircut.resources.set([anna, ben])
        set_rules(haircut, assignment=Service.Assignment.COLLECTIVE)
        booking = book()

        assert booking.allocations.count() == 2
        assert booking.assignment == {"rule": "COLLECTIVE", "among": 2}
        with pytest.raises(SlotTaken):
            book(resource=ben)


class TestWhoGetsIt:
    @pytest.fixture
    def shared(self, haircut, anna, ben):
        haircut.resources.set([anna, ben])
        return haircut

    def test_whoever_was_booked_least_for_their_weight(self, book, shared, anna, ben):
        book(at=monday(9), resource=anna, minutes=60)
        book(at=monday(9), resource=ben)
        ServiceResource.objects.filter(resource=anna).update(weight=4)

        booking = book(at=monday(14))

        assert booking.resource == anna  # 60 minutes / 4 are less than 30 / 1
        assert booking.assignment == {
            "rule": "FAIR",
            "among": 2,
            "bookedMinutes": 60,
            "weight": 4,
            "days": 28,
            "tie": False,
        }

    def test_of_equals_whoever_waited_longest(self, book, shared, anna, ben, clock):
        book(at=monday(9), resource=ben)
        clock.shift(1)
        book(at=monday(9), resource=anna)

        booking = book(at=monday(14))

        assert booking.resource == ben
        assert booking.assignment["tie"] is True

    def test_what_lies_outside_the_window_does_not_count(self, book, shared, anna, ben):
        set_rules(shared, fairness_days=1)
        book(at=monday(9) + timedelta(days=2), resource=anna, minutes=60)
        book(at=monday(9), resource=ben)

        assert book(at=monday(14)).resource == anna

    def test_priority_takes_the_first_who_is_free(self, book, shared, anna, ben):
        set_rules(shared, assignment=Service.Assignment.PRIORITY)
        ServiceResource.objects.filter(resource=anna).update(priority=2)
        ServiceResource.objects.filter(resource=ben).update(priority=1)

        assert [book().resource, book().resource] == [ben, anna]

    def test_who_was_chosen_by_the_customer_needs_no_reason(self, book, shared, ben):
        assert book(resource=ben).assignment is None

    def test_a_customer_who_has_to_choose_is_asked_to(self, book, shared, ben):
        set_rules(shared, assignment=Service.Assignment.CUSTOMER)

        with pytest.raises(Invalid) as refusal:
            book()
        assert refusal.value.details == {"fields": {"resourceId": ["Choose with whom."]}}
        assert Booking.objects.count() == 0
        assert book(resource=ben).resource == ben
