"""Group sessions in the console: laid out, changed and called off."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bookings.models import Allocation, Booking, BundlePurchase, GroupSession
from bookings.services.place_waiting import PlaceWait, wait_for_place
from core.access import Role
from core.models import Event
from tests.console import desk_for, said, shown
from tests.factories import CustomerFactory, GroupSessionFactory
from tests.waiting import called

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

LIST = "/admin/bookings/groupsession/"
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(salon):
    return desk_for(salon, Role.MANAGER)


def page_of(session: GroupSession, name: str = "change") -> str:
    return f"{LIST}{session.pk}/{name}/"


def test_one_session_is_laid_out_once_however_often_it_is_clicked(desk, algebra, anna, haircut):
    form = desk.get(f"{LIST}add/").context
    assert [name for _pk, name in form["form"].fields["resource"].choices] == ["Anna", "Ben"]
    assert [name for _pk, name in form["form"].fields["service"].choices] == ["Algebra I"]
    token = form["token"]
    wish = {
        "token": token,
        "service": algebra.pk,
        "resource": anna.pk,
        "day": "2026-11-20",
        "starts": "18:00",
        "ends": "19:30",
        "capacity": "6",
        "price": "12.50",
    }

    first, second = desk.send(f"{LIST}add/", **wish), desk.send(f"{LIST}add/", **wish)

    session = GroupSession.objects.get()
    assert first.url == second.url == page_of(session)
    assert said(first) == ["Laid out: Fri 20 Nov, 18:00–19:30. It can be joined now."]
    assert session.starts_at == datetime(2026, 11, 20, 17, tzinfo=UTC)
    assert (session.capacity, session.price_amount) == (6, Decimal("12.50"))
    assert Event.objects.get(name="group_session.created").actor_id == desk.user.pk


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"starts": "14:30", "ends": "15:30"}, "They are not free at this time."),
        ({"ends": "09:00"}, "A session must end after it starts."),
        ({"day": "2026-11-02"}, "This time is in the past."),
        ({"capacity": "0"}, "greater than or equal to 1"),
        ({"price": ""}, "This is needed."),
        ({"service": "nonsense"}, "Select a valid choice."),
    ],
)
def test_a_session_that_cannot_be_says_why_beside_what_was_typed(desk, tutorial, changes, sentence):
    wish = {
        "service": tutorial.service_id,
        "resource": tutorial.resource_id,
        "day": "2026-11-18",
        "starts": "10:00",
        "ends": "11:00",
        "capacity": "6",
        "price": "12.50",
    }

    answer = desk.send(f"{LIST}add/", **{**wish, **changes})

    assert answer.status_code == 422
    assert sentence in shown(answer)
    assert GroupSession.objects.get() == tutorial


def test_an_end_at_midnight_is_that_of_the_day(desk, algebra, anna):
    wish = {"service": algebra.pk, "resource": anna.pk, "day": "2026-11-20", "starts": "22:00"}

    desk.send(f"{LIST}add/", **wish, ends="00:00", capacity="6", price="0")

    session = GroupSession.objects.get()
    assert session.starts_at == datetime(2026, 11, 20, 21, tzinfo=UTC)
    assert session.ends_at - session.starts_at == 2 * HOUR


def test_nothing_of_another_organization_can_be_chosen(desk, tutorial):
    foreign = GroupSessionFactory()
    stranger = CustomerFactory(name="Stranger", email="stranger@example.com")
    wish = {"day": "2026-11-20", "starts": "18:00", "ends": "19:00", "capacity": "6", "price": "1"}

    new = desk.send(f"{LIST}add/", **wish, service=foreign.service_id, resource=foreign.resource_id)
    moved = desk.send(page_of(tutorial, "edit"), **wish, resource=foreign.resource_id, go="change")
    join = page_of(tutorial, "join")
    looked_up = [
        desk.get(join, {"customer": stranger.pk}),
        desk.send(join, go=f"use:{stranger.pk}"),
        desk.send(join, go="find", find="stranger@example.com"),
    ]

    assert (new.status_code, moved.status_code) == (422, 422)
    assert GroupSession.objects.count() == 2
    tutorial.refresh_from_db()
    assert tutorial.version == 1
    for page in looked_up:
        assert str(stranger.pk) not in shown(page)
        assert "Stranger" not in shown(page)


def test_without_a_course_there_is_nothing_to_lay_out(desk, haircut):
    assert "There is no course yet" in shown(desk.get(f"{LIST}add/"))


def as_it_is(session: GroupSession, **changes: object) -> dict[str, object]:
    return {
        "resource": session.resource_id,
        "day": "2026-11-18",
        "starts": "14:00",
        "ends": "15:00",
        "capacity": "3",
        "price": "15.00",
        "version": session.version,
        **changes,
    }


def test_a_change_of_time_says_how_many_are_told_before_it_is_made(desk, tutorial, ben, join):
    ada, max_ = join("Ada"), join("Max")
    wish = as_it_is(tutorial, starts="16:00", ends="17:00", resource=ben.pk)

    asked = desk.send(page_of(tutorial, "edit"), **wish, go="look")

    page = shown(asked)
    assert asked.context["changes"] == [
        ("When", "Wed 18 Nov, 14:00–15:00", "Wed 18 Nov, 16:00–17:00"),
        ("With", "Anna", "Ben"),
    ]
    assert "2 customers get a mail with the new time and person." in page
    assert "Change it and tell 2 customers" in page
    tutorial.refresh_from_db()
    assert (tutorial.starts_at.hour, tutorial.version) == (13, 1)

    done = desk.send(page_of(tutorial, "edit"), **wish, go="change", reason="The room is taken")

    assert said(done) == ["The session is changed."]
    tutorial.refresh_from_db()
    assert (tutorial.starts_at.hour, tutorial.resource, tutorial.version) == (15, ben, 2)
    for place in (ada, max_):
        place.refresh_from_db()
        assert (place.starts_at, place.resource) == (tutorial.starts_at, ben)
    story = [one.sentence for one in desk.get(page_of(tutorial)).context["history"]]
    moved = "Moved from Wed 18 Nov, 14:00 with Anna to Wed 18 Nov, 16:00 with Ben"
    assert story == [moved]


def test_more_places_and_another_price_tell_nobody(desk, tutorial, join, staff):
    for name in ("Ada", "Max", "Leo"):
        join(name)
    wait_for_place(PlaceWait(session=tutorial, customer=called("Kim")), caller=staff)
    wish = as_it_is(tutorial, capacity="4", price="20.00")

    page = shown(desk.send(page_of(tutorial, "edit"), **wish, go="look"))

    for sentence in (
        "Nobody is told.",
        "The new price is for who joins from now on.",
        "1 person waits for a place, and is offered one.",
    ):
        assert sentence in page
    desk.send(page_of(tutorial, "edit"), **wish, go="change")
    tutorial.refresh_from_db()
    assert (tutorial.capacity, tutorial.taken, tutorial.held) == (4, 3, 1)
    assert tutorial.price_amount == Decimal("20.00")


def test_a_change_that_cannot_be_is_refused_and_nothing_moves(desk, tutorial, join, book, clock):
    join("Ada"), join("Max")
    edit = page_of(tutorial, "edit")

    small = desk.send(edit, **as_it_is(tutorial, capacity="1"), go="change")
    assert "More places are taken than that." in shown(small)
    old = desk.send(edit, **as_it_is(tutorial, capacity="5", version=7), go="change")
    assert "Somebody changed this since you opened it." in shown(old)
    assert old.context["version"] == 1
    same = desk.send(edit, **as_it_is(tutorial), go="look")
    assert said(same) == ["Nothing was changed."]
    tutorial.refresh_from_db()
    assert (tutorial.capacity, tutorial.version) == (3, 1)

    clock.move_to(tutorial.starts_at)
    late = desk_for(tutorial.organization, Role.MANAGER)
    for name in ("edit", "cancel"):
        assert said(late.get(page_of(tutorial, name)))[-1] == (
            "This session can no longer be joined or changed."
        )


def test_calling_it_off_says_who_is_told_and_what_goes_back(desk, tutorial, join, a_pass, staff):
    join("Ada"), join("Max", bundle=a_pass("Max")), join("Leo")
    wait_for_place(PlaceWait(session=tutorial, customer=called("Kim")), caller=staff)

    page = shown(desk.get(page_of(tutorial, "cancel")))

    for sentence in (
        "3 customers get a mail that it is cancelled.",
        "1 place was paid by a bundle: its session goes back there.",
        "1 person on the waitlist waits no longer.",
        "Cancel it and tell 3 customers",
    ):
        assert sentence in page
    answer = desk.send(page_of(tutorial, "cancel"), version=tutorial.version, reason="Anna is ill")
    assert said(answer) == ["The session is cancelled."]
    assert set(Booking.objects.values_list("status", flat=True)) == {"CANCELLED"}
    assert BundlePurchase.objects.get().remaining_sessions == 10
    assert Allocation.objects.filter(released_at=None).count() == 0
