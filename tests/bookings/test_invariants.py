"""The doctor and a salon: a lively house is in order, and what is broken is mended or told."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bookings.models import Allocation
from bookings.services.bundle import BundleOrder, purchase_bundle
from bookings.services.credit import adjust_credits
from bookings.services.group_session import SessionDetails, cancel_session, create_session
from bookings.services.hold import drop_hold, new_token, place_hold
from bookings.services.place_waiting import PlaceWait, wait_for_place
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, complete_booking, confirm_booking
from core.access import Caller
from core.invariants import invariants
from core.models import Event
from core.services.checkup import find, mend
from tests.doctor import WALLS, break_rows, changing_tables, findings, lift
from tests.factories import OrganizationFactory
from tests.waiting import called

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def mended() -> list[str]:
    """Let the doctor mend what can be; return the checks of what was."""
    return [one.check for one in mend(find(invariants.known.values()))]


def note_of(name: str) -> dict[str, object]:
    """What the one event of a repair says."""
    return Event.objects.get(name=name).data


def test_a_lively_house_is_in_order(
    book, lesson, place, wait, tutorial, algebra, ben, lea, products, group_pass, haircut,
    ten_o_clock, staff,
):  # fmt: skip
    complete_booking(confirm_booking(book(at=ten_o_clock + DAY), caller=staff), caller=staff)
    moved = book(at=ten_o_clock + 2 * DAY)
    update_booking(moved, Changes(starts_at=moved.starts_at + HOUR), caller=staff)
    given_up = book()
    wait("Zoe")
    cancel_booking(given_up, caller=staff)  # Zoe is offered it
    book(at=ten_o_clock + DAY, overbook_reason="She is in pain")
    wanted = {"service": haircut, "starts_at": ten_o_clock + 3 * DAY, "minutes": 30}
    drop_hold(place_hold(**wanted, token="secret", caller=staff), token="secret", caller=staff)
    place_hold(**wanted, token=new_token(), caller=staff)
    lesson(ten_o_clock + 4 * DAY)
    cancel_booking(lesson(ten_o_clock + 7 * DAY), caller=staff)
    cancel_booking(lesson(ten_o_clock + 8 * DAY), caller=staff, return_credit=False)
    lesson(ten_o_clock + 4 * DAY, ta=ben, bundle=None)
    order = BundleOrder(product=products["MIDTERM_FINAL_BUNDLE"], customer=lea)
    midterms = purchase_bundle(order, caller=staff)
    adjust_credits(midterms, amount=-2, reason="Paid for eight", caller=staff)
    place(lea, bundle=group_pass)
    cancel_booking(place(), caller=staff)
    place()
    last = place()
    wait_for_place(PlaceWait(session=tutorial, customer=called("Kim")), caller=staff)
    cancel_booking(last, caller=staff)  # Kim is offered it
    called_off = create_session(
        SessionDetails(
            service=algebra,
            resource=ben,
            starts_at=ten_o_clock + DAY,
            ends_at=ten_o_clock + DAY + HOUR,
            capacity=5,
            price_amount=Decimal("15.00"),
        ),
        caller=staff,
    )
    place(lea, session=called_off, bundle=group_pass)
    cancel_session(called_off, caller=staff)

    tutorial.refresh_from_db()
    assert (tutorial.taken, tutorial.held) == (2, 1)
    assert findings() == {}
    assert mended() == []


def test_a_session_that_counts_wrong_counts_again(place, tutorial):
    place()
    place()
    break_rows("UPDATE bookings_groupsession SET taken = 3 WHERE id = %s", tutorial.pk)
    assert findings() == {
        "sessions_count_their_places": [
            (
                "bookings.groupsession",
                tutorial.pk,
                "It counts 3 booked and 0 held places; there are 2 bookings and 0 holds.",
            )
        ]
    }

    assert mended() == ["sessions_count_their_places"]

    assert findings() == {}
    tutorial.refresh_from_db()
    assert (tutorial.taken, tutorial.held) == (2, 0)
    was = {"taken": 3, "held": 0}
    assert note_of("group_session.repaired") == {"was": was, "taken": 2, "held": 0}


def test_a_session_with_more_places_than_it_has_is_for_a_person(place, tutorial):
    place()
    place()
    lift("bookings_groupsession", "session_is_not_overbooked")
    break_rows("UPDATE bookings_groupsession SET capacity = 1, taken = 1")

    assert mended() == []

    assert findings(but=WALLS) == {
        "sessions_count_their_places": [
            (
                "bookings.groupsession",
                tutorial.pk,
                "It counts 1 booked and 0 held places; there are 2 bookings and 0 holds.",
            )
        ],
        "sessions_are_not_overbooked": [
            ("bookings.groupsession", tutorial.pk, "It has 1 places, and 2 are booked or held.")
        ],
    }


def test_a_balance_is_taken_from_its_ledger(lesson, bundle):
    lesson()
    break_rows("UPDATE bookings_bundlepurchase SET remaining_sessions = 4 WHERE id = %s", bundle.pk)
    assert findings() == {
        "balances_are_their_ledgers": [
            (
                "bookings.bundlepurchase",
                bundle.pk,
                "It has 4 left after 2 entries. Its ledger adds up to 9 in 2 entries, "
                "and the last one says 9.",
            )
        ]
    }

    assert mended() == ["balances_are_their_ledgers"]

    assert findings() == {}
    bundle.refresh_from_db()
    assert (bundle.remaining_sessions, bundle.entries) == (9, 2)
    was = {"remaining": 4, "entries": 2}
    assert note_of("bundle.repaired") == {"was": was, "remaining": 9, "entries": 2}


def test_a_balance_whose_ledger_does_not_add_up_is_for_a_person(lesson, bundle):
    lesson()
    break_rows("UPDATE bookings_creditentry SET amount = 12, balance = 12 WHERE number = 1")

    assert mended() == []

    assert set(findings()) == {"balances_are_their_ledgers", "ledgers_add_up"}
    bundle.refresh_from_db()
    assert bundle.remaining_sessions == 9


def test_time_that_nobody_uses_any_more_is_released(book, tutorial, haircut, ten_o_clock, staff):
    booking = book()
    cancel_booking(booking, caller=staff)
    cancel_session(tutorial, caller=staff)
    later = ten_o_clock + DAY
    hold = place_hold(service=haircut, starts_at=later, minutes=30, token="secret", caller=staff)
    drop_hold(hold, token="secret", caller=staff)
    break_rows("UPDATE bookings_allocation SET released_at = NULL")
    assert findings() == {
        "cancelled_bookings_keep_no_time": [
            ("bookings.booking", booking.pk, "It was cancelled and keeps 1 lanes busy.")
        ],
        "cancelled_sessions_keep_no_time": [
            ("bookings.groupsession", tutorial.pk, "It was cancelled and keeps 1 lanes busy.")
        ],
        "ended_holds_keep_no_time": [
            ("bookings.hold", hold.pk, "It has ended and keeps 1 lanes busy.")
        ],
    }

    assert len(mended()) == 3

    assert findings() == {}
    assert not Allocation.objects.filter(released_at=None).exists()
    assert note_of("booking.repaired") == {"lanes_released": 1}
    assert note_of("group_session.repaired") == {"lanes_released": 1}
    assert note_of("hold.repaired") == {"lanes_released": 1}


def test_a_wall_that_is_gone_or_switched_off(salon):
    lift("bookings_allocation", "allocation_lane_is_free")
    lift("bookings_booking", "booking_seat_is_taken_once")
    with changing_tables() as cursor:
        cursor.execute("ALTER TABLE bookings_creditentry DISABLE TRIGGER credit_is_append_only")
        cursor.execute("ALTER TABLE bookings_booking DISABLE TRIGGER place_is_counted")

    gone = [
        "allocation_lane_is_free",
        "booking_seat_is_taken_once",
        "credit_is_append_only",
        "place_is_counted",
    ]
    found = findings()
    assert sorted(found.pop(WALLS)) == [
        ("", None, f"{wall} is missing in the database, or switched off.") for wall in gone
    ]
    assert found == {}


@pytest.mark.parametrize(
    "name", [name for name, check in invariants.known.items() if check.repair is not None]
)
def test_what_is_in_order_by_now_is_not_mended(name, book, bundle, tutorial, haircut, staff):
    """Somebody else was faster: the locks are taken, and nothing is written."""
    row = {"booking": book(), "bundle": bundle, "session": tutorial}
    row["hold"] = place_hold(
        service=haircut,
        starts_at=row["booking"].ends_at,
        minutes=30,
        token=new_token(),
        caller=staff,
    )
    subject = "bundle" if "balance" in name else name.split("_")[1].removesuffix("s")
    pk = row.get(subject, tutorial).pk
    happened = Event.objects.count()

    repair = invariants.known[name].repair
    assert not repair(pk, caller=Caller.command(tutorial.organization_id))

    assert Event.objects.count() == happened
    assert Allocation.objects.filter(released_at=None).count() == 3


def test_each_organization_is_looked_at_by_itself(place, tutorial, salon):
    place()
    break_rows("UPDATE bookings_groupsession SET taken = 2")
    elsewhere = OrganizationFactory()

    assert set(findings(organization=salon)) == {"sessions_count_their_places"}
    assert findings(organization=elsewhere) == {}
