"""Weekly sessions in the console: made once, laid out ahead, changed, stopped and called off."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from bookings.models import Booking, GroupSession, GroupSessionTemplate, TimeOff
from bookings.services.place import PlaceRequest, join_session
from bookings.services.session_template import TemplateDetails, create_template
from core.access import Role
from core.models import Event
from tests.console import desk_for, said, shown
from tests.factories import ResourceFactory
from tests.waiting import called

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

LIST = "/admin/bookings/groupsessiontemplate/"
WEEK = timedelta(weeks=1)
# session, user, membership, menu; what can be filtered by; the rows, counted once
QUERIES_OF_LIST = 8


@pytest.fixture
def desk(salon):
    return desk_for(salon, Role.MANAGER)


@pytest.fixture
def weekly(algebra, anna, staff) -> GroupSessionTemplate:
    """Wednesdays, 14:00 to 15:00 with Anna, three places, for three weeks ahead."""
    details = TemplateDetails(
        service=algebra,
        resource=anna,
        weekday=2,
        starts_at_time=time(14),
        ends_at_time=time(15),
        capacity=3,
        price_amount=Decimal("15.00"),
        weeks_ahead=3,
    )
    return create_template(details, caller=staff)


@pytest.fixture
def join(staff):
    def join(name: str, session: GroupSession) -> Booking:
        return join_session(PlaceRequest(session=session, customer=called(name)), caller=staff)

    return join


def page_of(weekly: GroupSessionTemplate, name: str = "change") -> str:
    return f"{LIST}{weekly.pk}/{name}/"


def wish(service, resource, **changes: object) -> dict[str, object]:
    return {
        "service": service.pk,
        "resource": resource.pk,
        "weekday": "2",
        "starts": "14:00",
        "ends": "15:00",
        "capacity": "3",
        "price": "15.00",
        "first": "",
        "last": "",
        "weeks_ahead": "3",
        **changes,
    }


def test_what_is_made_once_is_laid_out_ahead_and_says_what_is_skipped_and_why(
    desk, salon, algebra, anna
):
    TimeOff.objects.create(
        organization=salon,
        resource=anna,
        starts_on=date(2026, 11, 11),
        ends_on=date(2026, 11, 11),
        last_on=date(2026, 11, 11),
    )
    token = desk.get(f"{LIST}add/").context["token"]
    typed = wish(algebra, anna, token=token)

    first, second = desk.send(f"{LIST}add/", **typed), desk.send(f"{LIST}add/", **typed)

    weekly = GroupSessionTemplate.objects.get()
    assert first.url == second.url == page_of(weekly)
    assert said(first) == ["2 sessions are laid out, and can be joined now."]
    starts = list(GroupSession.objects.values_list("starts_at", flat=True))
    assert starts == [datetime(2026, 11, day, 13, tzinfo=UTC) for day in (4, 18)]
    answer = desk.get(page_of(weekly))
    page = shown(answer)
    for text in (
        "Wednesday, 14:00–15:00",
        "MATH-101 · Algebra I · with Anna",
        "Wed 18 Nov, 14:00–15:00",
        "Not laid out",
        "Wed 11 Nov",
        "Nobody is there at this time.",
    ):
        assert text in page
    assert [(one.on, why) for one, why in answer.context["skipped"]] == [
        (date(2026, 11, 11), "Nobody is there at this time.")
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "They have another weekly session at that time."),
        ({"weekday": "9"}, "Select a valid choice."),
        (
            {"starts": "16:00", "ends": "15:30"},
            "A session must end after it starts, on the same day.",
        ),
        (
            {"weekday": "4", "first": "2026-12-01", "last": "2026-11-01"},
            "The last day cannot be before the first.",
        ),
        ({"weekday": "4", "weeks_ahead": "53"}, "less than or equal to 52"),
        ({"weekday": "4", "starts": ""}, "This is needed."),
    ],
)
def test_what_cannot_be_says_why_and_lays_nothing_out(desk, weekly, changes, sentence):
    before = GroupSession.objects.count()

    answer = desk.send(f"{LIST}add/", **wish(weekly.service, weekly.resource, **changes))

    assert answer.status_code == 422
    assert sentence in shown(answer)
    assert GroupSessionTemplate.objects.get() == weekly
    assert GroupSession.objects.count() == before


def test_who_does_not_teach_the_course_cannot_be_chosen_for_it(desk, salon, algebra, ben):
    carl = ResourceFactory(organization=salon, name="Carl")

    answer = desk.send(f"{LIST}add/", **wish(algebra, carl))

    assert answer.status_code == 422
    assert "Select a valid choice." in shown(answer)
    assert "Carl" not in shown(desk.get(f"{LIST}add/"))


def test_the_list_says_what_takes_place_when_and_when_next(
    desk, weekly, ben, staff, algebra, django_assert_num_queries
):
    for weekday in range(3):
        details = TemplateDetails(
            service=algebra,
            resource=ben,
            weekday=weekday,
            starts_at_time=time(9),
            ends_at_time=time(10),
            capacity=3,
            price_amount=Decimal("15.00"),
            weeks_ahead=1,
        )
        create_template(details, caller=staff)
    desk.get(LIST)

    with django_assert_num_queries(QUERIES_OF_LIST):
        page = shown(desk.get(LIST))

    for text in ("Wednesday, 14:00–15:00", "Anna", "15.00 EUR", "Wed 4 Nov, 14:00", "Every week"):
        assert text in page
    rows = desk.get(LIST, {"resource": ben.pk, "course": algebra.pk}).context["cl"].result_list
    assert [row.weekday for row in rows] == [0, 1, 2]
    assert desk.get(LIST, {"state": "stopped"}).context["cl"].result_count == 0


def test_what_nobody_has_joined_follows_a_change_and_the_rest_is_told(desk, weekly, join):
    _first, second, _third = GroupSession.objects.all()
    join("Ada", second)
    typed = wish(weekly.service, weekly.resource, starts="16:00", ends="17:00", go="save")

    answer = desk.send(page_of(weekly), **typed)

    assert said(answer) == [
        "Saved. 2 sessions are changed. "
        "1 session stays as it was: somebody has joined, or the time is taken."
    ]
    hours = [one.starts_at.hour for one in GroupSession.objects.order_by("on")]
    assert hours == [15, 13, 15]
    assert Event.objects.get(name="session_template.updated").data["fields"] == [
        "ends_at_time",
        "starts_at_time",
    ]
    wrong = desk.send(page_of(weekly), **{**typed, "capacity": "0"})
    assert wrong.status_code == 422
    weekly.refresh_from_db()
    assert weekly.capacity == 3


def test_it_is_stopped_and_goes_on(desk, weekly, clock):
    stopped = desk.send(page_of(weekly), go="stop")

    assert said(stopped) == ["Saved."]
    weekly.refresh_from_db()
    assert not weekly.is_active
    assert GroupSession.objects.filter(cancelled_at=None).count() == 3
    assert "Lay out again" in shown(desk.get(page_of(weekly)))
    clock.shift(WEEK)
    started = desk.send(page_of(weekly), go="start")
    assert said(started)[-1] == "Saved. 1 session is laid out."


def test_what_is_stopped_cannot_go_on_beside_another(desk, weekly):
    desk.send(page_of(weekly), go="stop")
    desk.send(f"{LIST}add/", **wish(weekly.service, weekly.resource))

    started = desk.send(page_of(weekly), go="start")

    assert said(started)[-1] == "They have another weekly session at that time."
    weekly.refresh_from_db()
    assert not weekly.is_active


def test_all_ahead_are_called_off_and_no_more_are_laid_out(desk, weekly, join):
    first, second, _third = GroupSession.objects.all()
    join("Ada", first), join("Max", first), join("Ada", second)

    page = shown(desk.get(page_of(weekly, "cancel")))

    assert "3 customers get a mail that it is cancelled." in page
    assert "Cancel 3 sessions and stop" in page
    answer = desk.send(page_of(weekly, "cancel"), reason="Anna leaves us")
    assert said(answer) == ["3 sessions are cancelled, and no more are laid out."]
    assert not GroupSession.objects.filter(cancelled_at=None).exists()
    assert set(Booking.objects.values_list("status", flat=True)) == {"CANCELLED"}
    weekly.refresh_from_db()
    assert not weekly.is_active
    again = desk.send(page_of(weekly, "cancel"))
    assert said(again)[-1] == "Nothing of it is ahead."


def test_who_may_not_plan_looks_and_changes_nothing(salon, weekly):
    staff = desk_for(salon)

    page = shown(staff.get(page_of(weekly)))

    assert "Wed 4 Nov, 14:00–15:00" in page
    assert "<form method" not in page.partition("<main")[2]
    for path in (page_of(weekly), page_of(weekly, "cancel"), f"{LIST}add/"):
        assert staff.send(path, go="stop").status_code == 403
    weekly.refresh_from_db()
    assert weekly.is_active


def test_a_session_leads_to_the_weekly_one_that_it_is_of(desk, weekly):
    session = GroupSession.objects.first()

    page = shown(desk.get(f"/admin/bookings/groupsession/{session.pk}/change/"))

    assert f'href="{page_of(weekly)}"' in page
