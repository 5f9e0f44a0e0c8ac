"""Group sessions laid out, changed and called off by programs of the business."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bookings.models import Booking, GroupSession, TimeOff
from bookings.services.individual import IndividualRequest, book_individual
from core.models import ApiKey, Event
from tests.bookings.course_calls import data, details, everything, fields
from tests.cast import a_key, client_with
from tests.factories import CourseFactory, GroupSessionFactory, ResourceFactory

pytestmark = pytest.mark.django_db

SESSIONS = "/api/group-sessions"
THURSDAY = datetime(2026, 11, 19, 13, tzinfo=UTC)


@pytest.fixture
def plan(clock, algebra, anna):
    """Eight places with Anna on Thursday, 19 November, 14:00 to 15:00 in Berlin."""
    return {
        "courseId": str(algebra.pk),
        "taId": str(anna.pk),
        "startTime": "2026-11-19T14:00:00+01:00",
        "endTime": "2026-11-19T15:00:00+01:00",
        "capacity": 8,
        "price": {"amount": "15.00"},
    }


@pytest.fixture
def joined(desk, clock, tutorial, group_pass):
    """Lea's place in the tutorial, paid by her pass."""
    body = {"studentId": str(group_pass.customer_id), "bundlePurchaseId": str(group_pass.pk)}
    place = data(desk.post(f"{SESSIONS}/{tutorial.pk}/join", body), 201)
    return Booking.objects.get(pk=place["id"])


@pytest.fixture
def hour(clock, algebra, lea, staff, anna):
    """Book Lea an hour alone with Anna."""

    def hour(at):
        asked = IndividualRequest(course=algebra, student=lea, starts_at=at, minutes=60, ta=anna)
        return book_individual(asked, caller=staff)

    return hour


def names():
    return list(Event.objects.order_by("id").values_list("name", flat=True))


def test_a_session_is_laid_out_and_keeps_its_ta_busy(desk, website, plan, anna, lea):
    key = {"Idempotency-Key": "one"}
    answers = [desk.post(SESSIONS, plan, headers=key) for _ in range(2)]

    session = data(answers[0], 201)
    assert data(answers[1], 201)["id"] == session["id"]
    assert answers[0]["ETag"] == '"1"'
    assert session == data(website.get(f"{SESSIONS}/{session['id']}"))
    expected = {
        "courseId": plan["courseId"],
        "taId": plan["taId"],
        "startTime": "2026-11-19T13:00:00Z",
        "endTime": "2026-11-19T14:00:00Z",
        "timezone": "Europe/Berlin",
        "capacity": 8,
        "taken": 0,
        "placesLeft": 8,
        "status": "OPEN",
        "price": {"amount": "15.00", "currency": "EUR"},
    }
    assert {name: session[name] for name in expected} == expected
    assert GroupSession.objects.count() == 1
    before = everything()

    alone = {
        "courseId": plan["courseId"],
        "studentId": str(lea.pk),
        "taId": plan["taId"],
        "date": plan["startTime"],
        "durationMinutes": 60,
    }
    assert details(desk.post("/api/bookings/individual", alone))["reason"] == "TA_BUSY"
    assert details(desk.post(SESSIONS, plan))["reason"] == "TA_BUSY"
    assert everything() == before


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"startTime": "2026-11-02T14:00:00Z", "endTime": "2026-11-02T15:00:00Z"}, ["startTime"]),
        ({"endTime": "2026-11-19T14:00:00+01:00"}, ["endTime"]),
        ({"endTime": "2026-11-20T14:01:00+01:00"}, ["endTime"]),
        ({"endTime": "2026-11-19T15:00:01+01:00"}, ["endTime"]),
        ({"startTime": "2026-11-19"}, ["startTime"]),
        ({"capacity": 0}, ["capacity"]),
        ({"capacity": 1001}, ["capacity"]),
        ({"price": {"amount": "-1.00"}}, ["price.amount"]),
        ({"price": {"amount": "1.00", "currency": "USD"}}, ["price.currency"]),
        ({"price": None, "status": "OPEN"}, ["price", "status"]),
    ],
)
def test_what_cannot_be_is_named_by_its_field(desk, plan, changes, wrong):
    before = everything()

    assert fields(desk.post(SESSIONS, {**plan, **changes})) == wrong
    assert everything() == before


def test_nobody_is_laid_out_who_does_not_teach_it_is_away_or_is_not_there(
    desk, stranger, plan, salon, ben, algebra, haircut
):
    clara = ResourceFactory(organization=salon, name="Clara")
    TimeOff.objects.create(
        organization=salon,
        resource=ben,
        starts_on=date(2026, 11, 19),
        ends_on=date(2026, 11, 19),
        last_on=date(2026, 11, 19),
    )
    before = everything()

    for ta, reason in ((clara, "TA_NOT_ON_COURSE"), (ben, "TIME_OFF")):
        refused = details(desk.post(SESSIONS, {**plan, "taId": str(ta.pk)}))
        assert refused["reason"] == reason
    for changes in (
        {"courseId": str(CourseFactory().pk)},
        {"courseId": str(haircut.pk)},
        {"taId": str(ResourceFactory().pk)},
    ):
        assert fields(desk.post(SESSIONS, {**plan, **changes}), 404) == list(changes)
    assert stranger.post(SESSIONS, plan).status_code == 404
    assert everything() == before


def test_moving_a_session_moves_everybody_in_it(desk, tutorial, ben, joined):
    path = f"{SESSIONS}/{tutorial.pk}"
    later = {"startTime": "2026-11-19T14:00:00+01:00", "taId": str(ben.pk), "reason": "Ill"}

    moved = desk.put(path, later, headers={"If-Match": '"1"'})

    session = data(moved)
    assert (session["startTime"], session["endTime"]) == (
        "2026-11-19T13:00:00Z",
        "2026-11-19T14:00:00Z",
    )
    assert (session["taId"], session["version"], moved["ETag"]) == (str(ben.pk), 2, '"2"')
    joined.refresh_from_db()
    assert (joined.starts_at, joined.resource_id, joined.version) == (THURSDAY, ben.pk, 2)
    assert sorted(names()[-2:]) == ["booking.rescheduled", "group_session.rescheduled"]
    assert desk.put(path, {"capacity": 5}, headers={"If-Match": '"1"'}).status_code == 412


def test_places_and_price_change_for_who_joins_later(desk, website, tutorial, joined):
    path = f"{SESSIONS}/{tutorial.pk}"

    changed = data(desk.put(path, {"capacity": 5, "price": {"amount": "12.50"}}))

    assert (changed["capacity"], changed["placesLeft"]) == (5, 4)
    tom = {"name": "Tom", "email": "tom@example.com"}
    place = data(website.post(f"{path}/join", tom), 201)
    assert place["price"] == {"amount": "12.50", "currency": "EUR"}
    before = everything()
    assert details(desk.put(path, {"capacity": 1})) == {
        "reason": "CAPACITY_BELOW_TAKEN",
        "taken": 2,
    }
    assert data(desk.put(path, {"capacity": 5}))["version"] == changed["version"]
    assert everything() == before


def test_a_change_that_cannot_be_leaves_everything(
    desk, stranger, tutorial, joined, hour, ben, salon, clock
):
    hour(THURSDAY)
    path = f"{SESSIONS}/{tutorial.pk}"
    clara = ResourceFactory(organization=salon, name="Clara")
    before = everything()

    busy = details(desk.put(path, {"startTime": "2026-11-19T14:00:00+01:00"}))
    assert busy["reason"] == "TA_BUSY"
    assert details(desk.put(path, {"taId": str(clara.pk)}))["reason"] == "TA_NOT_ON_COURSE"
    assert fields(desk.put(path, {"endTime": "2026-11-18T13:00:00+01:00"})) == ["endTime"]
    assert fields(desk.put(path, {"price": {"amount": "1.00", "currency": "USD"}})) == [
        "price.currency"
    ]
    assert fields(desk.put(path, {"courseId": str(tutorial.service_id)})) == ["courseId"]
    assert stranger.put(path, {"capacity": 9}).status_code == 404
    clock.move_to(tutorial.starts_at)
    assert details(desk.put(path, {"capacity": 9}))["reason"] == "SESSION_OVER"
    assert everything() == before


def test_calling_a_session_off_cancels_everybody_and_returns_what_paid(
    desk, website, stranger, tutorial, joined, group_pass, algebra, hour
):
    algebra.cancel_notice_minutes = 60 * 24 * 60  # too late for the customer themselves
    algebra.save()
    path = f"{SESSIONS}/{tutorial.pk}"
    for who, status in ((website, 403), (stranger, 404)):
        assert who.delete(path, {}).status_code == status
    assert desk.delete(path, {}, headers={"If-Match": '"7"'}).status_code == 412

    gone = data(desk.delete(path, {"reason": "Ill"}))

    assert (gone["status"], gone["taken"], gone["version"]) == ("CANCELLED", 0, 2)
    joined.refresh_from_db()
    group_pass.refresh_from_db()
    assert (joined.status, group_pass.remaining_sessions) == ("CANCELLED", 10)
    before = everything()
    assert details(desk.delete(path, {})) == {
        "reason": "ILLEGAL_TRANSITION",
        "status": "CANCELLED",
    }
    assert everything() == before
    hour(tutorial.starts_at)  # Anna is free again


def test_who_may_only_read_or_book_lays_nothing_out(website, salon, plan, tutorial):
    clerk = client_with(a_key(salon, kind=ApiKey.Kind.SECRET, scopes=["bookings:write"]))
    planner = client_with(a_key(salon, kind=ApiKey.Kind.SECRET, scopes=["sessions:write"]))
    other = GroupSessionFactory(
        service=tutorial.service,
        resource=tutorial.resource,
        starts_at=tutorial.starts_at + timedelta(days=7),
    )
    before = everything()

    for who in (website, clerk):
        assert who.post(SESSIONS, plan).status_code == 403
        assert who.put(f"{SESSIONS}/{other.pk}", {"capacity": 9}).status_code == 403
        assert who.delete(f"{SESSIONS}/{other.pk}", {}).status_code == 403
    assert planner.get(f"{SESSIONS}/{other.pk}/attendees").status_code == 403
    assert everything() == before
    data(planner.post(SESSIONS, plan), 201)
