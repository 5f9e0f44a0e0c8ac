"""Who comes to a group session, in the console: added, put in line, marked."""

from decimal import Decimal

import pytest

from bookings.models import Booking, BundlePurchase, GroupSession, WaitlistEntry
from core.access import Role
from tests.console import desk_for, said, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

LIST = "/admin/bookings/groupsession/"


@pytest.fixture
def desk(salon):
    return desk_for(salon, Role.MANAGER)


def page_of(session: GroupSession, name: str = "change") -> str:
    return f"{LIST}{session.pk}/{name}/"


def test_somebody_who_was_here_before_is_added_and_pays_with_their_pass(
    desk, tutorial, a_pass, join
):
    max_ = a_pass("Max").customer
    path = page_of(tutorial, "join")
    token = desk.get(path).context["token"]

    found = desk.send(path, token=token, go="find", find="max@example.com")
    assert f'value="use:{max_.pk}"' in shown(found)
    filled = desk.send(path, token=token, go=f"use:{max_.pk}")
    (bundle,) = BundlePurchase.objects.all()
    assert "Pass for group sessions: 10 of 10 left, until Mon 1 Mar 2027" in shown(filled)
    wish = {"token": token, "go": "join", "name": "Max", "email": "max@example.com"}
    unsaid = desk.send(path, **wish)
    assert unsaid.status_code == 422
    assert "They have a pass: choose what pays for this place." in shown(unsaid)
    first = desk.send(path, **wish, pay=bundle.pk)
    second = desk.send(path, **wish, pay=bundle.pk)

    assert first.url == second.url == page_of(tutorial)
    place = Booking.objects.get()
    assert said(first) == [f"Max has a place, reference {place}, and gets a mail about it."]
    assert (place.customer, place.bundle, place.price_amount) == (max_, bundle, 0)
    assert (place.status, place.source) == ("CONFIRMED", "STAFF")
    bundle.refresh_from_db()
    assert bundle.remaining_sessions == 9


def test_who_has_no_pass_pays_the_price(desk, tutorial):
    path = page_of(tutorial, "join")

    assert "They pay 15.00 EUR." in shown(desk.get(path))
    desk.send(path, go="join", name="Ada", email="ada@example.com", notes="New here")

    place = Booking.objects.get()
    assert (place.name, place.notes, place.bundle) == ("Ada", "New here", None)
    assert place.price_amount == Decimal("15.00")


def test_the_pass_of_somebody_else_pays_nothing(desk, tutorial, a_pass):
    pass_of_max = a_pass("Max")
    a_pass("Ada")
    wish = {"go": "join", "name": "Ada", "email": "ada@example.com", "pay": pass_of_max.pk}

    answer = desk.send(page_of(tutorial, "join"), **wish)

    assert answer.status_code == 422
    assert Booking.objects.count() == 0
    assert {one.remaining_sessions for one in BundlePurchase.objects.all()} == {10}


def test_nobody_is_added_twice(desk, tutorial, join):
    join("Ada")

    twice = desk.send(page_of(tutorial, "join"), go="join", name="A", email="ada@example.com")

    assert twice.status_code == 409
    assert "They have a place in this session already." in shown(twice)
    assert Booking.objects.count() == 1


def test_in_a_full_session_they_are_put_in_line(desk, tutorial, join):
    for name in ("Ada", "Max", "Leo"):
        join(name)
    path = page_of(tutorial, "join")

    assert "Every place is taken." in shown(desk.get(path))
    full = desk.send(path, go="join", name="Kim", email="kim@example.com")
    assert "This session is full." in shown(full)
    answer = desk.send(path, go="wait", name="Kim", email="kim@example.com")

    assert said(answer) == ["They are on the waitlist, and get a mail about it."]
    entry = WaitlistEntry.objects.get()
    assert (entry.group_session, entry.name) == (tutorial, "Kim")
    assert Booking.objects.count() == 3


def test_who_came_is_marked_in_one_form_once_it_has_begun(desk, tutorial, join, clock):
    ada, max_, leo = join("Ada"), join("Max"), join("Leo")
    mark = page_of(tutorial, "attendance")
    early = desk.send(mark, go="all")
    assert said(early) == ["In its present status this booking cannot do that."]
    clock.move_to(tutorial.starts_at)
    desk = desk_for(tutorial.organization)  # anybody at the desk may

    form = shown(desk.get(page_of(tutorial)))
    assert form.count('value="NO_SHOW"') == 3
    none = desk.send(mark, go="save")
    assert said(none)[-1] == "Nobody was marked."
    some = desk.send(mark, **{"go": "save", f"mark-{max_.pk}": "NO_SHOW"})
    rest = desk.send(mark, **{"go": "all", f"mark-{max_.pk}": "COMPLETED"})

    assert said(some)[-1] == "Noted: 0 attended, 1 did not come."
    assert said(rest)[-1] == "Noted: 2 attended, 0 did not come."
    came = {one.name: one.status for one in Booking.objects.all()}
    assert came == {"Ada": "COMPLETED", "Max": "NO_SHOW", "Leo": "COMPLETED"}
    assert "/attendance/" not in shown(desk.get(page_of(tutorial)))
    assert {ada.pk, leo.pk} <= set(Booking.objects.values_list("pk", flat=True))


def test_the_desk_adds_people_and_does_not_change_the_plan(salon, tutorial):
    staff = desk_for(salon)

    page = shown(staff.get(page_of(tutorial)))

    assert "/join/" in page
    assert "/edit/" not in page
    for name in ("edit", "cancel"):
        assert staff.send(page_of(tutorial, name), go="change").status_code == 403
    assert staff.get(f"{LIST}add/").status_code == 403
    viewer = desk_for(salon, Role.VIEWER)
    for name in ("join", "attendance"):
        assert viewer.send(page_of(tutorial, name), go="all").status_code == 403
    tutorial.refresh_from_db()
    assert tutorial.version == 1
