"""Group sessions that take place every week, as programs of the business keep them."""

from datetime import UTC, date, datetime

import pytest

from bookings.models import GroupSession, GroupSessionTemplate, TimeOff
from core.models import ApiKey
from tests.bookings.course_calls import data, details, fields
from tests.bookings.course_calls import everything as places
from tests.cast import a_key, client_with
from tests.factories import CourseFactory, ResourceFactory

pytestmark = pytest.mark.django_db

TEMPLATES = "/api/group-session-templates"


@pytest.fixture
def weekly(clock, algebra, anna):
    """Every Wednesday with Anna, 14:00 to 15:00 in Berlin, laid out three weeks ahead."""
    return {
        "courseId": str(algebra.pk),
        "taId": str(anna.pk),
        "weekday": "WEDNESDAY",
        "startTime": "14:00",
        "endTime": "15:00",
        "capacity": 8,
        "price": {"amount": "15.00"},
        "weeksAhead": 3,
    }


@pytest.fixture
def template(desk, weekly):
    return data(desk.post(TEMPLATES, weekly), 201)


def everything():
    columns = ("pk", "weekday", "starts_at_time", "ends_at_time", "capacity", "is_active")
    return places(), sorted(GroupSessionTemplate.objects.values_list(*columns))


def sessions():
    return [
        (str(one.on), f"{one.starts_at:%H:%M}", one.capacity, one.status)
        for one in GroupSession.objects.order_by("starts_at")
    ]


def test_a_weekly_session_is_laid_out_at_once_but_on_days_off(desk, website, weekly, anna):
    day = date(2026, 11, 11)
    TimeOff.objects.create(
        organization=anna.organization, resource=anna, starts_on=day, ends_on=day, last_on=day
    )

    made = data(desk.post(TEMPLATES, weekly, headers={"Idempotency-Key": "one"}), 201)

    assert made == {
        **weekly,
        "id": made["id"],
        "timezone": "Europe/Berlin",
        "price": {"amount": "15.00", "currency": "EUR"},
        "validFrom": None,
        "validTo": None,
        "active": True,
        "skipped": [{"date": "2026-11-11", "reason": "TIME_OFF"}],
    }
    assert sessions() == [
        ("2026-11-04", "13:00", 8, "OPEN"),
        ("2026-11-18", "13:00", 8, "OPEN"),
    ]
    rows = data(website.get(f"/api/group-sessions/courses/{weekly['courseId']}"))
    assert [row["templateId"] for row in rows] == [made["id"]] * 2
    again = desk.post(TEMPLATES, weekly, headers={"Idempotency-Key": "one"})
    assert data(again, 201) == made
    assert GroupSession.objects.count() == 2
    assert data(desk.get(f"{TEMPLATES}/{made['id']}")) == made


def test_what_changes_is_followed_by_the_sessions_that_nobody_has_joined(desk, website, template):
    first = GroupSession.objects.earliest("starts_at")
    tom = {"name": "Tom", "email": "tom@example.com"}
    data(website.post(f"/api/group-sessions/{first.pk}/join", tom), 201)

    changes = {"startTime": "16:00", "endTime": "17:30", "capacity": 5}
    changed = data(desk.patch(f"{TEMPLATES}/{template['id']}", changes))

    assert changed == {
        **template,
        **changes,
        "sessions": {"changed": 2, "withdrawn": 0, "left": 1},
    }
    assert sessions() == [
        ("2026-11-04", "13:00", 8, "OPEN"),
        ("2026-11-11", "15:00", 5, "OPEN"),
        ("2026-11-18", "15:00", 5, "OPEN"),
    ]
    quiet = data(desk.patch(f"{TEMPLATES}/{template['id']}", {"active": False}))
    assert quiet["active"] is False
    assert len(sessions()) == 3
    before = everything()
    same = data(desk.patch(f"{TEMPLATES}/{template['id']}", {**changes, "active": False}))
    assert same["sessions"] == {"changed": 0, "withdrawn": 0, "left": 0}
    assert everything() == before


def test_another_of_the_same_ta_at_that_time_is_refused_in_whatever_course(
    desk, weekly, template, salon, anna, ben
):
    other = CourseFactory(organization=salon, resources=[anna, ben])
    overlapping = {**weekly, "courseId": str(other.pk), "startTime": "14:30", "endTime": "16:00"}
    thursdays = data(desk.post(TEMPLATES, {**overlapping, "weekday": "THURSDAY"}), 201)
    before = everything()

    expected = {"reason": "TEMPLATE_OVERLAPS", "templateId": template["id"]}
    assert details(desk.post(TEMPLATES, overlapping)) == expected
    moved = desk.patch(f"{TEMPLATES}/{thursdays['id']}", {"weekday": "WEDNESDAY"})
    assert details(moved) == expected
    assert everything() == before

    after = {**overlapping, "startTime": "15:00"}
    data(desk.post(TEMPLATES, after), 201)
    data(desk.post(TEMPLATES, {**overlapping, "taId": str(ben.pk)}), 201)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"weekday": 2}, ["weekday"]),
        ({"weekday": "Wednesday"}, ["weekday"]),
        ({"startTime": "14"}, ["startTime"]),
        ({"endTime": "14:00"}, ["endTime"]),
        ({"capacity": 0}, ["capacity"]),
        ({"price": {"amount": "15.001"}}, ["price.amount"]),
        ({"price": {"amount": "15.00", "currency": "USD"}}, ["price.currency"]),
        ({"validFrom": "2026-12-02", "validTo": "2026-12-01"}, ["validTo"]),
        ({"weeksAhead": 53}, ["weeksAhead"]),
        ({"active": "yes"}, ["active"]),
        ({"room": "A"}, ["room"]),
    ],
)
def test_what_cannot_be_is_named_by_its_field(desk, weekly, template, changes, wrong):
    before = everything()

    assert fields(desk.post(TEMPLATES, {**weekly, **changes})) == wrong
    assert fields(desk.patch(f"{TEMPLATES}/{template['id']}", changes)) == wrong
    assert everything() == before


def test_who_does_not_teach_it_or_is_not_there_is_refused(desk, stranger, weekly, template, salon):
    clara = ResourceFactory(organization=salon, name="Clara")
    path = f"{TEMPLATES}/{template['id']}"
    before = everything()

    for answer in (
        desk.post(TEMPLATES, {**weekly, "taId": str(clara.pk)}),
        desk.patch(path, {"taId": str(clara.pk)}),
    ):
        assert details(answer)["reason"] == "TA_NOT_ON_COURSE"
    assert fields(desk.patch(path, {"courseId": weekly["courseId"]})) == ["courseId"]
    for changes in ({"courseId": str(CourseFactory().pk)}, {"taId": str(ResourceFactory().pk)}):
        assert fields(desk.post(TEMPLATES, {**weekly, **changes}), 404) == list(changes)
    assert stranger.get(path).status_code == 404
    assert stranger.patch(path, {"capacity": 9}).status_code == 404
    assert everything() == before


def test_templates_are_listed_for_who_lays_sessions_out(
    desk, website, stranger, salon, weekly, template, ben, django_assert_num_queries
):
    others = data(desk.post(TEMPLATES, {**weekly, "taId": str(ben.pk)}), 201)
    reader = client_with(a_key(salon, kind=ApiKey.Kind.SECRET, scopes=["catalog:write"]))

    with django_assert_num_queries(2):  # how many, the rows
        rows = data(desk.get(TEMPLATES))

    assert [row["id"] for row in rows] == [template["id"], others["id"]]
    assert rows[0] == {name: value for name, value in template.items() if name != "skipped"}
    assert [row["id"] for row in data(desk.get(TEMPLATES, {"taId": str(ben.pk)}))] == [others["id"]]
    assert len(data(desk.get(TEMPLATES, {"courseId": weekly["courseId"]}))) == 2
    assert data(stranger.get(TEMPLATES)) == []
    for who in (website, reader):
        assert who.get(TEMPLATES).status_code == 403
        assert who.get(f"{TEMPLATES}/{template['id']}").status_code == 403
        assert who.post(TEMPLATES, weekly).status_code == 403
        assert who.patch(f"{TEMPLATES}/{template['id']}", {}).status_code == 403


def test_times_are_those_of_the_tas_clock_on_both_sides_of_a_clock_change(desk, clock, weekly):
    clock.move_to(datetime(2027, 3, 23, 12, tzinfo=UTC))

    data(desk.post(TEMPLATES, {**weekly, "weeksAhead": 2}), 201)

    assert sessions() == [
        ("2027-03-24", "13:00", 8, "OPEN"),
        ("2027-03-31", "12:00", 8, "OPEN"),
    ]
