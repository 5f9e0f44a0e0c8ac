"""What somebody can do who is limited to their own resources: nothing elsewhere."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bookings.errors import SlotTaken
from bookings.models import Booking, Customer, Series
from bookings.services.booking import BookingRequest
from bookings.services.customer import CustomerDetails, create_customer
from bookings.services.hold import HoldClaim, new_token, place_hold
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.series import Scope, cancel_series, create_series
from bookings.services.status import cancel_booking, confirm_booking
from bookings.services.swapping import swap_bookings
from core.access import Caller, CallerKind, Role, scopes_of
from core.errors import Forbidden, NotFound
from tests.cast import MIA
from tests.factories import ResourceFactory

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LEA = CustomerDetails(name="Lea Lang", company="Lang KG", email="lea@example.com")


@pytest.fixture
def ben(ben, haircut):
    """Ben cuts hair as Anna does."""
    haircut.resources.add(ben)
    return ben


def limited_to(*resources) -> Caller:
    return Caller(
        CallerKind.USER,
        resources[0].organization_id,
        scopes=scopes_of(Role.STAFF),
        only_resources=frozenset(one.pk for one in resources),
    )


def where(booking: Booking) -> tuple[object, ...]:
    return Booking.objects.values_list("resource", "starts_at", "status", "version").get(
        pk=booking.pk
    )


def test_who_names_nobody_gets_their_own_resource_though_another_is_less_busy(
    book, anna, ben, ten_o_clock
):
    book(at=ten_o_clock - DAY * 3, resource=ben)

    booking = book(caller=limited_to(ben))

    assert booking.resource_id == ben.pk
    assert booking.assignment["among"] == 1
    assert book(customer=LEA).resource_id == anna.pk


def test_of_several_that_are_theirs_the_rule_of_the_service_chooses(
    salon, book, haircut, anna, ben, ten_o_clock
):
    carl = ResourceFactory(organization=salon, name="Carl")
    haircut.resources.add(carl)
    book(at=ten_o_clock - DAY * 3, resource=carl)

    booking = book(caller=limited_to(ben, carl))

    assert booking.resource_id == ben.pk
    assert (booking.assignment["rule"], booking.assignment["among"]) == ("FAIR", 2)


def test_when_their_own_is_taken_only_their_own_is_offered_instead(book, anna, ben, ten_o_clock):
    book(resource=ben)

    with pytest.raises(SlotTaken) as refusal:
        book(customer=LEA, caller=limited_to(ben))

    offered = refusal.value.details["alternatives"]
    assert [slot["resourceIds"] for slot in offered] == [[ben.pk]] * 3
    assert ten_o_clock not in [slot["startTime"] for slot in offered]
    assert Booking.objects.count() == 1


def test_a_booking_stays_among_their_own_when_it_is_moved_to_anybody(book, anna, ben, ten_o_clock):
    mine = limited_to(ben)
    booking = book(caller=mine)

    moved = update_booking(
        booking, Changes(starts_at=ten_o_clock + DAY, resource="any"), caller=mine
    )

    assert (moved.resource_id, moved.starts_at) == (ben.pk, ten_o_clock + DAY)


def test_no_service_changes_a_colleagues_booking_whatever_door_leads_there(
    book, haircut, anna, ben, ten_o_clock, staff
):
    theirs, mine = book(resource=anna), limited_to(ben)
    own = book(customer=LEA, caller=mine)
    stood = where(theirs), where(own)

    for change in (
        lambda: update_booking(theirs, Changes(starts_at=ten_o_clock + DAY), caller=mine),
        lambda: update_booking(
            own, Changes(resource=anna, starts_at=ten_o_clock + DAY), caller=mine
        ),
        lambda: swap_bookings(own, theirs, caller=mine),
        lambda: confirm_booking(theirs, caller=mine),
        lambda: cancel_booking(theirs, caller=mine),
        lambda: book(at=ten_o_clock + DAY, resource=anna, customer=LEA, caller=mine),
    ):
        with pytest.raises(NotFound):
            change()

    assert (where(theirs), where(own)) == stood
    assert Booking.objects.count() == 2


def test_a_colleagues_hold_becomes_no_booking_of_theirs(
    book, haircut, anna, ben, ten_o_clock, staff
):
    token = new_token()
    hold = place_hold(
        service=haircut,
        starts_at=ten_o_clock,
        minutes=30,
        resource=anna,
        token=token,
        caller=staff,
    )

    with pytest.raises(NotFound):
        book(hold=HoldClaim(hold.pk, token), caller=limited_to(ben))

    assert Booking.objects.count() == 0
    assert book(hold=HoldClaim(hold.pk, token)).resource_id == anna.pk


def test_of_a_series_with_several_they_cancel_their_own_part(
    book, haircut, anna, ben, ten_o_clock, staff
):
    first = book(resource=ben)
    other = book(at=ten_o_clock + 7 * DAY, resource=anna)
    series = Series.objects.create(
        organization=haircut.organization,
        service=haircut,
        customer=first.customer,
        recurrence="FREQ=WEEKLY;COUNT=2",
        timezone="Europe/Berlin",
        starts_at=ten_o_clock,
        minutes=30,
    )
    for position, one in enumerate((first, other)):
        Booking.objects.filter(pk=one.pk).update(series=series, series_position=position)
    first.refresh_from_db()

    cancelled = cancel_series(first, scope=Scope.ALL, caller=limited_to(ben))

    assert [one.pk for one in cancelled] == [first.pk]
    assert where(other)[2] == Booking.Status.PENDING


def test_a_series_for_anybody_is_booked_on_their_own(book, haircut, anna, ben, ten_o_clock):
    wanted = BookingRequest(
        service=haircut,
        customer=MIA,
        starts_at=ten_o_clock,
        minutes=30,
        inquiry="As last time",
        timezone="Europe/Berlin",
    )

    laid = create_series(wanted, "FREQ=WEEKLY;COUNT=3", caller=limited_to(ben))

    assert [one.resource_id for one in laid.bookings] == [ben.pk] * 3


def test_nobody_is_written_down_who_has_not_booked_with_them(salon, ben, clock):
    with pytest.raises(Forbidden):
        create_customer(LEA, organization_id=salon.pk, caller=limited_to(ben))

    assert Customer.objects.count() == 0
