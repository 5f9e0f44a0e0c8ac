"""One action for many bookings: each through its service, with a report per row."""

from datetime import timedelta

import pytest

from bookings.models import Booking
from bookings.services.status import confirm_booking
from core.access import Role
from core.models import Event
from tests.console import desk_for, said, shown
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/bookings/booking/"
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(salon):
    return desk_for(salon)


@pytest.fixture
def mia(book):
    return book()


def act(desk, action: str, *rows: Booking, **fields):
    return desk.send(LIST, action=action, _selected_action=[str(row.pk) for row in rows], **fields)


def test_of_many_each_is_done_and_each_refusal_named(desk, book, ten_o_clock, staff):
    open_one = book()
    done_already = confirm_booking(book(at=ten_o_clock + HOUR), caller=staff)
    another = book(at=ten_o_clock + 2 * HOUR)

    answer = act(desk, "confirm_them", open_one, done_already, another)

    assert said(answer) == [
        f"{done_already.reference}: In its present status this booking cannot do that.",
        "2 done.",
    ]
    statuses = Booking.objects.order_by("starts_at").values_list("status", "version")
    assert list(statuses) == [("CONFIRMED", 2)] * 3
    assert set(
        Event.objects.filter(name="booking.confirmed", actor_id=desk.user.pk).values_list(
            "subject_id", flat=True
        )
    ) == {open_one.pk, another.pk}


def test_cancelling_many_asks_once_and_keeps_the_reason_with_each(desk, book, ten_o_clock):
    rows = [book(), book(at=ten_o_clock + HOUR)]
    asked = shown(act(desk, "cancel_them", *rows))
    assert "Cancel 2 bookings and tell the customers" in asked
    assert Booking.objects.filter(status="CANCELLED").count() == 0

    answer = act(desk, "cancel_them", *rows, reason="We are closed on that day.")

    assert said(answer) == ["2 done."]
    for row in rows:
        row.refresh_from_db()
        assert (row.status, row.cancel_reason) == ("CANCELLED", "We are closed on that day.")


@pytest.mark.parametrize(
    "action", ["confirm_them", "complete_them", "mark_them_no_show", "cancel_them"]
)
def test_who_may_only_look_has_no_action_for_many(salon, mia, action):
    viewer = desk_for(salon, Role.VIEWER)

    act(viewer, action, mia, reason="x")

    mia.refresh_from_db()
    assert (mia.status, mia.version) == ("PENDING", 1)


def test_rows_of_another_organization_are_not_acted_on(mia):
    elsewhere = desk_for(OrganizationFactory(name="Elsewhere"), Role.OWNER)

    act(elsewhere, "confirm_them", mia)

    mia.refresh_from_db()
    assert mia.status == "PENDING"


def test_all_that_match_are_never_acted_on_at_once(desk, book, ten_o_clock):
    ticked, other = book(), book(at=ten_o_clock + HOUR)

    act(desk, "confirm_them", ticked, select_across="1")

    ticked.refresh_from_db()
    other.refresh_from_db()
    assert (ticked.status, other.status) == ("CONFIRMED", "PENDING")
