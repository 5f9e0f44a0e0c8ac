"""Two bookings change places: both or neither, judged by the one engine."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings.errors import IllegalTransition, NotTheirService, SlotTaken
from bookings.models import Allocation, Booking, Requirement, ServiceResource
from bookings.services.status import cancel_booking
from bookings.services.swapping import swap_bookings
from core.access import Role
from core.errors import Invalid, NotFound, StaleVersion
from core.models import Event
from tests.cast import MIA
from tests.console import desk_for, said, shown
from tests.factories import OrganizationFactory, ResourceFactory, ResourceTypeFactory

pytestmark = pytest.mark.django_db

TEN = datetime(2026, 11, 16, 9, tzinfo=UTC)  # in Berlin
HOUR = timedelta(hours=1)
BOOKINGS = "/admin/bookings/booking/"


@pytest.fixture
def two(haircut, anna, ben, book):
    """Mia with Anna at ten, half an hour; again with Ben at noon, an hour."""
    haircut.resources.add(ben)
    return book(resource=anna), book(at=TEN + 2 * HOUR, minutes=60, resource=ben)


def state(*bookings) -> list[object]:
    """Return all that a swap could change."""
    pks = [booking.pk for booking in bookings]
    rows = Booking.objects.filter(pk__in=pks).order_by("pk").values()
    kept = Allocation.objects.filter(booking__in=pks).order_by("pk").values()
    return [*rows, *kept, Event.objects.count()]


def busy(booking) -> list[tuple[str, datetime, datetime]]:
    live = booking.allocations.filter(released_at=None).order_by("lane__resource__name")
    return [(one.lane.resource.name, one.starts_at, one.ends_at) for one in live]


def test_they_exchange_time_and_resource_and_keep_their_length(two, anna, ben, staff):
    one, other = swap_bookings(*two, caller=staff, reason="They are friends")

    assert (one.starts_at, one.ends_at, one.resource) == (
        TEN + 2 * HOUR,
        TEN + 2.5 * HOUR,
        ben,
    )
    assert (other.starts_at, other.ends_at, other.resource) == (TEN, TEN + HOUR, anna)
    assert [booking.pk for booking in (one, other)] == [booking.pk for booking in two]
    assert busy(one) == [("Ben", TEN + 2 * HOUR, TEN + 2.5 * HOUR)]
    assert busy(other) == [("Anna", TEN, TEN + HOUR)]
    for booking, was in zip((one, other), two, strict=True):
        assert booking.version == 2
        told = Event.objects.get(subject_id=booking.pk, name="booking.rescheduled").data
        assert told["from_resource_id"] == str(was.resource_id)
        assert told["resource_id"] == str(booking.resource_id)
        assert booking.reasons.get().text == "They are friends"


def test_neighbours_of_different_length_fit_only_if_they_do_not_meet(book, staff):
    one, other = book(), book(at=TEN + HOUR / 2, minutes=60)
    before = state(one, other)

    with pytest.raises(SlotTaken) as refusal:  # an hour from ten reaches into half past
        swap_bookings(one, other, caller=staff)

    assert refusal.value.details["bookingId"] == str(other.pk)
    assert state(one, other) == before


def test_what_does_not_fit_for_one_leaves_both(two, book, anna, staff):
    book(at=TEN + HOUR / 2, resource=anna)  # the longer one cannot begin at ten there
    before = state(*two)

    with pytest.raises(SlotTaken):
        swap_bookings(*two, caller=staff)

    assert state(*two) == before


def test_who_does_not_offer_the_service_gets_nobody(two, haircut, ben, staff):
    ServiceResource.objects.filter(service=haircut, resource=ben).delete()
    before = state(*two)

    with pytest.raises(NotTheirService):
        swap_bookings(*two, caller=staff)

    assert state(*two) == before


def test_a_full_day_is_no_reason_against_changing_places_on_it(two, haircut, staff):
    haircut.limit_per_day = 2
    haircut.save()

    one, _other = swap_bookings(*two, caller=staff)

    assert one.starts_at == TEN + 2 * HOUR


def test_what_the_shorter_one_leaves_is_offered_to_who_waits_for_it(two, ben, wait, staff):
    lea = wait("Lea", at=TEN + 2.5 * HOUR, resource=ben)

    swap_bookings(*two, caller=staff)

    lea.refresh_from_db()
    assert lea.status == "OFFERED"
    assert (lea.hold.resource, lea.hold.starts_at) == (ben, TEN + 2.5 * HOUR)


def test_what_both_need_besides_is_taken_and_given_back(salon, haircut, anna, ben, book, staff):
    table = ResourceFactory(
        organization=salon,
        name="Table",
        type=ResourceTypeFactory(organization=salon, key="table"),
    )
    haircut.resources.add(ben, table)
    Requirement.objects.create(service=haircut, type=anna.type)
    Requirement.objects.create(service=haircut, type=table.type, position=1)
    one, other = book(resource=anna), book(at=TEN + HOUR, resource=ben)

    one, other = swap_bookings(one, other, caller=staff)

    assert [name for name, *_ in busy(one)] == ["Ben", "Table"]
    assert [name for name, *_ in busy(other)] == ["Anna", "Table"]


def test_what_is_over_stale_foreign_or_the_same_is_refused(two, staff, clock):
    one, other = two
    elsewhere = Booking(organization=OrganizationFactory(), status="PENDING")
    before = state(one, other)

    for refusal, pair, versions in [
        (Invalid, (one, one), (None, None)),
        (NotFound, (one, elsewhere), (None, None)),
        (StaleVersion, (one, other), (1, 7)),
    ]:
        with pytest.raises(refusal):
            swap_bookings(*pair, caller=staff, expected_versions=versions)
    clock.move_to(TEN + HOUR)
    with pytest.raises(Invalid):  # ten is over
        swap_bookings(one, other, caller=staff)
    assert state(one, other) == before
    cancel_booking(other, caller=staff)
    with pytest.raises(IllegalTransition):
        swap_bookings(one, Booking.objects.get(pk=other.pk), caller=staff)
    one.refresh_from_db()
    assert one.version == 1


def test_from_a_bookings_page_by_the_others_reference(salon, two, clock):
    desk = desk_for(salon)
    one, other = two
    page = f"{BOOKINGS}{one.pk}/swap/"

    assert "Reference of the other booking" in shown(desk.get(page))
    asked = shown(desk.get(f"{page}?with={other.reference.lower().replace('-', ' ')}"))
    assert "Mon 16 Nov, 12:00–12:30 · with Ben" in asked
    assert "Mon 16 Nov, 10:00–11:00 · with Anna" in asked
    assert asked.count("The customer gets the message “New time”") == 2
    sent = {"with": other.reference, "version": 1, "other_version": 1}
    answer = desk.send(page, reason="They are friends", **sent)

    assert said(answer) == [f"{one} and {other} have changed places."]
    one.refresh_from_db()
    assert one.starts_at == TEN + 2 * HOUR
    again = desk.send(page, **sent)  # the second click does not swap them back
    assert "Somebody changed this since you opened it." in shown(again)
    one.refresh_from_db()
    assert one.starts_at == TEN + 2 * HOUR


def test_a_refusal_says_which_of_the_two_cannot(salon, two, book, anna, clock):
    book(at=TEN + HOUR / 2, resource=anna)
    one, other = two

    page = desk_for(salon).send(f"{BOOKINGS}{one.pk}/swap/", **{"with": other.reference})

    sentence = f"{MIA.name} cannot come Mon 16 Nov, 10:00. This time is no longer free."
    assert sentence in shown(page)


def test_all_the_same_for_who_may_and_says_why(salon, two, book, anna, clock):
    book(at=TEN + HOUR / 2, resource=anna)
    one, other = two
    page = f"{BOOKINGS}{one.pk}/swap/"
    manager, clerk = desk_for(salon, Role.MANAGER), desk_for(salon, Role.STAFF)
    before = state(one, other)

    assert "Swap all the same" not in shown(clerk.send(page, **{"with": other.reference}))
    assert "Swap all the same" in shown(manager.send(page, **{"with": other.reference}))
    sent = {"with": other.reference, "go": "overbook"}
    clerk.send(page, reason="Because", **sent)
    assert "Say why it is booked all the same." in shown(manager.send(page, **sent))
    assert state(one, other) == before
    manager.send(page, reason="She flies home tonight", **sent)

    for booking in (one, other):
        booking.refresh_from_db()
    assert (one.starts_at, one.is_overbooked) == (TEN + 2 * HOUR, False)
    assert (other.starts_at, other.is_overbooked) == (TEN, True)
    assert len(busy(other)) == 1


@pytest.mark.parametrize("typed", ["ZZZZ-ZZZZ", "own", "foreign"])
def test_only_another_open_booking_of_ours_can_be_named(salon, two, typed, clock):
    one, other = two
    typed = one.reference if typed == "own" else typed
    if typed == "foreign":
        typed = other.reference
        Booking.objects.filter(pk=other.pk).update(organization=OrganizationFactory())

    page = desk_for(salon).get(f"{BOOKINGS}{one.pk}/swap/?with={typed}")

    assert "There is no other open booking with this reference." in shown(page)


def test_two_chosen_in_the_list_lead_to_the_same_page(salon, two, book, clock):
    desk = desk_for(salon)
    one, other = two
    chosen = {"action": "swap_them", "_selected_action": [one.pk, other.pk]}

    answer = desk.post(BOOKINGS, chosen)
    assert answer.url == f"{BOOKINGS}{one.pk}/swap/?with={other.reference}"
    three = {**chosen, "_selected_action": [one.pk, other.pk, book(at=TEN + 5 * HOUR).pk]}
    assert "Choose two bookings that are not over, and no place in a session." in said(
        desk.post(BOOKINGS, three)
    )


def test_who_may_only_look_swaps_nothing(salon, two, clock):
    one, other = two
    viewer = desk_for(salon, Role.VIEWER)
    before = state(one, other)

    answer = viewer.send(f"{BOOKINGS}{one.pk}/swap/", **{"with": other.reference})

    assert answer.status_code == 403
    assert state(one, other) == before
