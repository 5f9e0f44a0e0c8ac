"""Group sessions in the console: who comes, who waits, the list to print."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bookings.models import Allocation, Booking, BundlePurchase, GroupSession, WaitlistEntry
from bookings.services.place import PlaceRequest, join_session
from bookings.services.place_waiting import PlaceWait, wait_for_place
from bookings.services.status import cancel_booking
from core.access import Role
from core.models import Event
from tests.console import desk_for, said, shown
from tests.factories import BundleFactory, CourseFactory, CustomerFactory, GroupSessionFactory
from tests.waiting import called

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

LIST = "/admin/bookings/groupsession/"
HOUR = timedelta(hours=1)
# session, user, membership, menu; the page's rows, counted once; what can be filtered by
QUERIES_OF_LIST = 8
# session, user, membership, menu; the session, who comes, who has left, who waits, messages,
# the events
QUERIES_OF_PAGE = 10


@pytest.fixture
def desk(salon):
    return desk_for(salon, Role.MANAGER)


@pytest.fixture
def join(tutorial, staff):
    def join(name: str, session: GroupSession = tutorial, **more) -> Booking:
        return join_session(
            PlaceRequest(session=session, customer=called(name), **more), caller=staff
        )

    return join


@pytest.fixture
def a_pass(products, salon):
    """Sell somebody ten places in group sessions."""

    def a_pass(name: str) -> BundlePurchase:
        customer = CustomerFactory(
            organization=salon, name=name, email=f"{name.lower()}@example.com"
        )
        return BundleFactory(product=products["GROUP_SESSION_PASS"], customer=customer)

    return a_pass


def page_of(session: GroupSession, name: str = "change") -> str:
    return f"{LIST}{session.pk}/{name}/"


def listed(desk, **asked: object) -> list[GroupSession]:
    return list(desk.get(LIST, asked).context["cl"].result_list)


def test_the_list_says_when_with_whom_and_how_many_places_are_taken(
    desk, tutorial, ben, join, django_assert_num_queries
):
    for hour in range(1, 5):
        GroupSessionFactory(
            service=tutorial.service, resource=ben, starts_at=tutorial.starts_at + hour * HOUR
        )
    join("Ada")
    desk.get(LIST)

    with django_assert_num_queries(QUERIES_OF_LIST):
        page = shown(desk.get(LIST))

    for text in ("Wed 18 Nov, 14:00–15:00", "Algebra I", "Anna", "1 of 3", "15.00 EUR", "Open"):
        assert text in page
    assert "Ada" not in page


def test_the_list_is_filtered_by_day_course_person_and_state(desk, tutorial, algebra, ben, join):
    geometry = CourseFactory(organization=algebra.organization, resources=[ben])
    other = GroupSessionFactory(
        service=geometry, resource=ben, capacity=1, starts_at=tutorial.starts_at - HOUR
    )
    gone = GroupSessionFactory(
        service=algebra, resource=ben, starts_at=datetime(2026, 11, 2, 9, tzinfo=UTC)
    )
    off = GroupSessionFactory(
        service=algebra,
        resource=ben,
        starts_at=tutorial.starts_at + HOUR,
        cancelled_at=tutorial.starts_at,
    )
    join("Ada", other)

    assert listed(desk) == [other, tutorial, off]
    assert listed(desk, days="past") == [gone]
    assert listed(desk, day="2026-11-02") == [gone]
    assert listed(desk, course=geometry.pk) == [other]
    assert listed(desk, resource=ben.pk, status="CANCELLED") == [off]
    assert listed(desk, status="OPEN") == [tutorial]
    assert listed(desk, status="FULL") == [other]
    assert listed(desk, days="all", status="COMPLETED") == [gone]
    assert listed(desk, status="NONSENSE") == []


def test_while_it_takes_place_it_is_neither_open_nor_over(salon, tutorial, clock):
    clock.move_to(tutorial.starts_at)
    desk = desk_for(salon, Role.MANAGER)
    assert listed(desk, status="ON_NOW") == [tutorial]
    assert listed(desk, status="OPEN") == []
    assert "On now" in shown(desk.get(page_of(tutorial)))
    assert "(On now)" in shown(desk.get("/admin/calendar/"))

    clock.move_to(tutorial.ends_at)
    assert listed(desk, status="ON_NOW") == []
    assert "On now" not in shown(desk.get(page_of(tutorial)))


def test_its_page_says_who_comes_how_they_paid_who_left_and_who_waits(
    desk, tutorial, join, a_pass, staff, django_assert_num_queries
):
    join("Ada")
    maxs = join("Max", bundle=a_pass("Max"))
    cancel_booking(join("Leo"), caller=staff)
    join("Zoe")
    wait_for_place(PlaceWait(session=tutorial, customer=called("Kim")), caller=staff)
    desk.get(page_of(tutorial))

    with django_assert_num_queries(QUERIES_OF_PAGE):
        answer = desk.get(page_of(tutorial))

    page = shown(answer)
    for text in (
        "3 of 3 places taken",
        "Wed 18 Nov, 14:00–15:00",
        "MATH-101 · Algebra I · with Anna",
        "Pass for group sessions, 9 of 10 left",
        "15.00 EUR",
        "1 place was given back",
        "Who waits for a place",
        "Kim",
    ):
        assert text in page
    assert [one.name for one in answer.context["attendees"]] == ["Ada", "Max", "Zoe"]
    assert [one.name for one in answer.context["gone"]] == ["Leo"]
    assert f'href="/admin/bookings/booking/{maxs.pk}/change/"' in page


def test_the_attendance_list_is_a_page_to_print_without_the_consoles_frame(desk, tutorial, join):
    join("Ada")
    join("Max")

    answer = desk.get(page_of(tutorial, "list"))

    page = shown(answer)
    assert page.index("Ada") < page.index("Max")
    assert "2 people are expected, there are 3 places." in page
    assert page.count('<tr class="empty">') == 1
    assert "Signature" in page
    assert "console/attendance.css" in page
    for frame in ("unfold", "csrfmiddlewaretoken", "Customers", "<style", "onclick"):
        assert frame not in page


def test_who_may_only_look_is_offered_nothing_to_do(salon, tutorial, join):
    join("Ada")
    viewer = desk_for(salon, Role.VIEWER)

    page = shown(viewer.get(page_of(tutorial)))

    assert "Ada" in page
    assert "/join/" not in page
    assert "/cancel/" not in page
    assert "<form method" not in page.partition("<main")[2]


def test_a_booking_that_is_a_place_says_so_and_is_not_moved_by_itself(desk, tutorial, join, book):
    place, haircut = join("Ada"), book()
    own = f"/admin/bookings/booking/{place.pk}/"

    row = shown(desk.get("/admin/bookings/booking/"))
    page = shown(desk.get(f"{own}change/"))

    link = f'href="{page_of(tutorial)}"'
    assert link in row
    assert link in page
    assert "A place in a group session, 1 of 3 places taken" in page
    for way in ("reschedule", "swap", "repeat"):
        assert f"/{way}/" not in page
        answer = desk.post(f"{own}{way}/", {"move": "1", "book": "SKIP_CONFLICTS"})
        assert answer.url == f"{own}change/"
    chosen = {"action": "swap_them", "_selected_action": [place.pk, haircut.pk]}
    assert desk.post("/admin/bookings/booking/", chosen).url == "/admin/bookings/booking/"
    place.refresh_from_db()
    assert (place.starts_at, place.version) == (tutorial.starts_at, 1)


# --- acting ---------------------------------------------------------------------------------


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


# --- who comes ------------------------------------------------------------------------------


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
