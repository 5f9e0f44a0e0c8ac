"""Group sessions as a course's clients find, join and leave them."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from bookings.models import Booking, Customer
from bookings.services.customer import CustomerDetails
from bookings.services.group_session import cancel_session
from bookings.services.place import PlaceRequest, join_session
from tests.bookings.course_calls import data, details, everything, fields
from tests.factories import BundleFactory, CustomerFactory, GroupSessionFactory

pytestmark = pytest.mark.django_db

SESSIONS = "/api/group-sessions"
FIFTEEN = {"amount": "15.00", "currency": "EUR"}
OF_A_PERSON = {"name", "email", "customerId", "studentId", "bookings", "attendees"}


@pytest.fixture
def path(clock, tutorial):
    return f"{SESSIONS}/{tutorial.pk}"


@pytest.fixture
def fill(clock, staff):
    """Let as many people as are told join a session."""

    def fill(session, how_many):
        for number in range(how_many):
            who = CustomerDetails(name=f"Guest {number}", email=f"guest{number}@example.com")
            join_session(PlaceRequest(session=session, customer=who), caller=staff)
        session.refresh_from_db()

    return fill


def visitor(**more):
    return {"name": "Tom Turm", "email": "tom@example.com", **more}


def test_the_sessions_of_a_course_are_listed_with_the_places_that_are_left(
    website, stranger, tutorial, algebra, ben, haircut, staff, fill, django_assert_num_queries
):
    def later(days, **more):
        start = tutorial.starts_at + timedelta(days=days)
        return GroupSessionFactory(service=algebra, starts_at=start, **more)

    full = later(7, resource=ben, capacity=2)
    yesterday, called_off = later(-16, resource=ben), later(14, resource=ben)
    GroupSessionFactory(organization=algebra.organization)  # of another course
    fill(tutorial, 1)
    fill(full, 2)
    cancel_session(called_off, caller=staff)
    path = f"{SESSIONS}/courses/{algebra.pk}"
    website.get(path)

    with django_assert_num_queries(3):  # the course, how many, the rows
        rows = data(website.get(path))

    assert rows[0] == {
        "id": str(tutorial.pk),
        "courseId": str(algebra.pk),
        "taId": str(tutorial.resource_id),
        "startTime": "2026-11-18T13:00:00Z",
        "endTime": "2026-11-18T14:00:00Z",
        "timezone": "Europe/Berlin",
        "capacity": 3,
        "taken": 1,
        "placesLeft": 2,
        "status": "OPEN",
        "price": FIFTEEN,
        "version": 1,
    }
    assert [(row["id"], row["status"]) for row in rows[1:]] == [(str(full.pk), "FULL")]

    def found(**query):
        return [row["id"] for row in data(website.get(path, query))]

    assert found(status="OPEN") == [str(tutorial.pk)]
    assert found(status="FULL") == [str(full.pk)]
    assert found(status="CANCELLED") == [str(called_off.pk)]
    assert found(**{"from": "2026-11-01"}, status="COMPLETED") == [str(yesterday.pk)]
    assert found(to="2026-11-19") == [str(yesterday.pk), str(tutorial.pk)]
    assert found(**{"from": "2026-11-18T13:00:01Z"}) == [str(full.pk)]
    assert fields(website.get(path, {"status": "BOOKED"})) == ["status"]
    for nowhere in (f"courses/{haircut.pk}", "courses/algebra", f"{haircut.pk}", "nothing"):
        assert website.get(f"{SESSIONS}/{nowhere}").status_code == 404
    assert stranger.get(path).status_code == 404


def test_a_student_joins_with_a_pass(desk, path, tutorial, group_pass, lea):
    answer = desk.post(f"{path}/join", {
        "studentId": str(lea.pk), "bundlePurchaseId": str(group_pass.pk),
    })  # fmt: skip

    place = data(answer, 201)
    expected = {
        "groupSessionId": str(tutorial.pk),
        "bundlePurchaseId": str(group_pass.pk),
        "sessionType": "GROUP",
        "status": "CONFIRMED",
        "studentId": str(lea.pk),
        "taId": str(tutorial.resource_id),
        "courseId": str(tutorial.service_id),
        "date": "2026-11-18T13:00:00Z",
        "durationMinutes": 60,
        "pricePerStudent": {"amount": "0.00", "currency": "EUR"},
        "email": "lea@example.com",
    }
    assert {name: place[name] for name in expected} == expected
    group_pass.refresh_from_db()
    assert group_pass.remaining_sessions == 9
    session = desk.get(path)
    assert data(session)["placesLeft"] == 2
    assert session["ETag"] == '"1"'  # a place is no change of the session itself


def test_a_visitor_joins_through_the_website_until_it_is_full_and_leaves_by_their_link(
    website, desk, path, tutorial, fill
):
    fill(tutorial, 2)

    joined = website.post(f"{path}/join", visitor(phone="+49 30 1", timezone="Europe/Lisbon"))

    place = data(joined, 201)
    assert (place["price"], place["timeSlot"]["timezone"]) == (FIFTEEN, "Europe/Lisbon")
    assert place["phone"] == "+49 30 1"
    told = data(website.get(path))
    assert (told["status"], told["taken"], told["placesLeft"]) == ("FULL", 3, 0)
    assert not OF_A_PERSON & set(told)

    last = {"name": "Uma", "email": "uma@example.com"}
    before = everything()
    assert details(website.post(f"{path}/join", last))["reason"] == "SESSION_FULL"
    assert everything() == before

    data(APIClient().delete(f"/api/manage/{place['manageToken']}", {}))
    assert data(website.get(path))["status"] == "OPEN"
    data(website.post(f"{path}/join", last), 201)
    rows = data(desk.get(f"{path}/attendees", {"status": "BOOKED"}))
    assert [row["email"] for row in rows] == [
        "guest0@example.com", "guest1@example.com", "uma@example.com",
    ]  # fmt: skip


def test_nobody_joins_twice_whatever_they_are_called(desk, website, path, lea):
    place = data(desk.post(f"{path}/join", {"studentId": str(lea.pk)}), 201)
    before = everything()

    again = details(desk.post(f"{path}/join", {"studentId": str(lea.pk)}))
    assert again == {"reason": "ALREADY_JOINED", "bookingId": place["id"]}
    somebody = {"name": "Somebody", "email": "LEA@example.com"}
    assert details(website.post(f"{path}/join", somebody)) == {"reason": "ALREADY_JOINED"}
    assert everything() == before

    data(desk.patch(f"/api/bookings/{place['id']}/cancel", {}))
    data(desk.post(f"{path}/join", {"studentId": str(lea.pk)}), 201)


def test_what_has_begun_or_was_called_off_is_no_longer_joined(
    website, path, tutorial, ben, algebra, clock, staff
):
    other = GroupSessionFactory(service=algebra, resource=ben)
    cancel_session(other, caller=staff)
    clock.move_to(tutorial.starts_at)
    before = everything()

    for one in (path, f"{SESSIONS}/{other.pk}"):
        assert details(website.post(f"{one}/join", visitor()))["reason"] == "SESSION_OVER"
    assert everything() == before
    assert not Customer.objects.filter(email_index=Customer.index_of_email("tom@example.com"))


@pytest.mark.parametrize(
    ("which", "reason"),
    [
        ({"customer": None}, "BUNDLE_NOT_COVERING"),
        ({"kind": "FULL_SEMESTER_BUNDLE"}, "BUNDLE_NOT_COVERING"),
        ({"until": "2026-11-18T13:00:00Z"}, "BUNDLE_EXPIRED"),
        ({"remaining_sessions": 0}, "NO_CREDIT"),
    ],
)
def test_a_pass_that_does_not_pay_for_it_is_refused(desk, path, lea, products, which, reason):
    more = {name: value for name, value in which.items() if name == "remaining_sessions"}
    if "until" in which:
        more["valid_to_at"] = which["until"]
    owner = lea if "customer" not in which else CustomerFactory(organization=lea.organization)
    product = products[which.get("kind", "GROUP_SESSION_PASS")]
    bundle = BundleFactory(customer=owner, product=product, **more)
    before = everything()

    asked = {"studentId": str(lea.pk), "bundlePurchaseId": str(bundle.pk)}

    assert details(desk.post(f"{path}/join", asked))["reason"] == reason
    assert everything() == before


def test_a_website_names_nobody_and_reads_nobody(website, path, lea, group_pass):
    before = everything()

    for body in (
        {"studentId": str(lea.pk)},
        visitor(bundlePurchaseId=str(group_pass.pk)),
    ):
        assert website.post(f"{path}/join", body).status_code == 403
    assert website.get(f"{path}/attendees").status_code == 403
    assert everything() == before


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["email", "name"]),
        ({"name": " ", "email": "tom"}, ["email", "name"]),
        (visitor(studentId="LEA"), ["email", "name"]),
        ({"studentId": "LEA", "phone": "1", "timezone": "UTC"}, ["phone", "timezone"]),
        (visitor(bundlePurchaseId="PASS"), ["bundlePurchaseId"]),
        (visitor(timezone="Mars/Olympus"), ["timezone"]),
        (visitor(seat=1), ["seat"]),
    ],
)
def test_who_joins_is_said_in_one_way(desk, path, lea, group_pass, body, wrong):
    known = {"LEA": str(lea.pk), "PASS": str(group_pass.pk)}
    before = everything()

    sent = {name: known.get(value, value) for name, value in body.items()}

    assert fields(desk.post(f"{path}/join", sent)) == wrong
    assert everything() == before


def test_attendees_are_read_by_who_may_read_people(
    desk, stranger, path, tutorial, fill, django_assert_num_queries, staff
):
    fill(tutorial, 3)
    gone = Booking.objects.filter(group_session=tutorial).earliest("created_at")
    data(desk.delete(f"/api/bookings/{gone.pk}", {}))
    attendees = f"{path}/attendees"

    with django_assert_num_queries(3):  # the session, how many, the rows
        rows = data(desk.get(attendees))

    assert [(row["name"], row["status"]) for row in rows] == [
        ("Guest 1", "CONFIRMED"), ("Guest 2", "CONFIRMED"),
    ]  # fmt: skip
    assert [row["id"] for row in data(desk.get(attendees, {"status": "CANCELLED"}))] == [
        str(gone.pk)
    ]
    walked = desk.get(attendees, {"cursor": "", "limit": "1"}).json()
    assert walked["pagination"]["next"]
    for one in (path, attendees):
        assert stranger.get(one).status_code == 404
    assert stranger.post(f"{path}/join", visitor()).status_code == 404
    assert desk.post(f"{path}/join", {"studentId": str(CustomerFactory().pk)}).status_code == 404


def test_a_place_has_no_time_of_its_own(desk, path, lea):
    place = data(desk.post(f"{path}/join", {"studentId": str(lea.pk)}), 201)
    own = f"/api/manage/{place['manageToken']}"
    before = everything()

    change = {"timeSlot": {"startTime": "2026-11-19T14:00:00+01:00", "duration": 60}}
    for refused in (
        desk.put(f"/api/bookings/{place['id']}", change),
        APIClient().put(own, change),
    ):
        assert details(refused)["reason"] == "SESSION_DECIDES"
    assert everything() == before
    told = data(APIClient().get(own))
    assert [one["action"] for one in told["allowedActions"]] == ["CANCEL"]
    times = {"from": "2026-11-19", "to": "2026-11-20"}
    assert data(APIClient().get(f"{own}/availability", times)) == {"slots": []}
