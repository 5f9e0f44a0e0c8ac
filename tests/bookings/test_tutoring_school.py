"""The three data flows of a tutoring school, as its own client sends them over HTTP.

A bundle is bought, an hour is booked with it, a group session is joined until it is full. Every
step at which a flow checks something is taken wrongly once before it is taken right, and nothing
moves; at the end the doctor finds the books in order.
"""

from uuid import uuid4

import pytest
from django.core.management import call_command

from bookings.models import BundlePurchase
from tests.bookings.course_calls import data, details, everything, fields
from tests.factories import CourseFactory, CustomerFactory, ResourceFactory

pytestmark = pytest.mark.django_db

NOBODY = str(uuid4())


@pytest.fixture
def refused(desk):
    """Post what is not right, see why not, and that nothing at all has changed."""

    def refused(path: str, body: dict, *, status: int = 409) -> dict:
        before = everything()
        found = details(desk.post(f"/api/{path}", body), status)
        assert everything() == before
        return found

    return refused


def test_the_three_flows_of_a_tutoring_school(
    clock, desk, refused, salon, algebra, products, lea, anna, tutorial
):
    course, student, ta = str(algebra.pk), str(lea.pk), str(anna.pk)

    # What the school offers, before anybody has bought anything.
    options = data(desk.get(f"/api/courses/{course}/support-options?studentId={student}"))
    assert {one["productType"] for one in options["products"]} == set(products)
    assert [one["name"] for one in options["tas"]] == ["Anna", "Ben"]
    assert [one["placesLeft"] for one in options["groupSessions"]] == [3]
    assert options["activeBundles"] == []

    # Purchasing a bundle.
    purchase = f"bundles/courses/{course}/purchase"
    order = {
        "studentId": student,
        "productId": str(products["FULL_SEMESTER_BUNDLE"].pk),
        "coverageType": "FULL_SEMESTER",
        "totalSessions": 2,
        "validFrom": "2026-11-01",
        "validTo": "2026-12-18",
    }
    assert list(refused(purchase, {**order, "studentId": NOBODY}, status=404)["fields"]) == [
        "studentId"
    ]
    refused(f"bundles/courses/{NOBODY}/purchase", order, status=404)
    of_another_course = CourseFactory(organization=salon)
    refused(f"bundles/courses/{of_another_course.pk}/purchase", order, status=404)
    bundle = data(desk.post(f"/api/{purchase}", order), 201)
    assert (bundle["totalSessions"], bundle["remainingSessions"], bundle["status"]) == (
        2,
        2,
        "ACTIVE",
    )
    assert (bundle["validFrom"], bundle["validTo"]) == (
        "2026-10-31T23:00:00Z",
        "2026-12-18T23:00:00Z",
    )
    assert refused(purchase, order)["reason"] == "DUPLICATE_PURCHASE"
    active = data(desk.get(f"/api/bundles/students/{student}/courses/{course}/active"))
    assert [one["id"] for one in active] == [bundle["id"]]

    # Creating an individual booking.
    wish = {
        "studentId": student,
        "courseId": course,
        "taId": ta,
        "date": "2026-11-16T10:00:00+01:00",
        "durationMinutes": 60,
        "bundlePurchaseId": bundle["id"],
    }
    book = "bookings/individual"
    for name in ("studentId", "courseId", "taId", "bundlePurchaseId"):
        assert list(refused(book, {**wish, name: NOBODY}, status=404)["fields"]) == [name]
    outsider = ResourceFactory(organization=salon)
    assert refused(book, {**wish, "taId": str(outsider.pk)})["reason"] == "TA_NOT_ON_COURSE"
    other = CustomerFactory(organization=salon)
    not_theirs = refused(book, {**wish, "studentId": str(other.pk)})
    assert not_theirs["reason"] == "BUNDLE_NOT_COVERING"
    booking = data(desk.post(f"/api/{book}", wish), 201)
    assert (booking["status"], booking["taId"], booking["durationMinutes"]) == (
        "CONFIRMED",
        ta,
        60,
    )
    assert booking["pricePerStudent"] == {"amount": "0.00", "currency": "EUR"}
    assert left(bundle) == 1
    assert refused(book, wish)["reason"] == "TA_BUSY"
    assert refused(book, {**wish, "date": "2027-01-11T10:00:00+01:00"})["reason"] == (
        "BUNDLE_EXPIRED"
    )
    data(desk.post(f"/api/{book}", {**wish, "date": "2026-11-17T10:00:00+01:00"}), 201)
    empty = {**wish, "date": "2026-11-17T12:00:00+01:00"}
    assert refused(book, empty)["reason"] == "NO_CREDIT"
    paid = data(desk.post(f"/api/{book}", {**empty, "bundlePurchaseId": None}), 201)
    assert paid["pricePerStudent"] == {"amount": "40.00", "currency": "EUR"}
    assert fields(desk.post(f"/api/{book}", {**wish, "date": "tomorrow"})) == ["date"]

    # Joining a group session.
    join = f"group-sessions/{tutorial.pk}/join"
    place = {"studentId": student}
    assert list(refused(join, {"studentId": NOBODY}, status=404)["fields"]) == ["studentId"]
    refused(f"group-sessions/{NOBODY}/join", place, status=404)
    refused(f"group-sessions/{booking['id']}/join", place, status=404)  # it is no group session
    joined = data(desk.post(f"/api/{join}", place), 201)
    assert (joined["sessionType"], joined["groupSessionId"]) == ("GROUP", str(tutorial.pk))
    assert refused(join, place)["reason"] == "ALREADY_JOINED"
    for each in (other, CustomerFactory(organization=salon)):
        data(desk.post(f"/api/{join}", {"studentId": str(each.pk)}), 201)
    (listed,) = data(desk.get(f"/api/group-sessions/courses/{course}"))
    assert (listed["taken"], listed["placesLeft"], listed["status"]) == (3, 0, "FULL")
    late = CustomerFactory(organization=salon)
    assert refused(join, {"studentId": str(late.pk)})["reason"] == "SESSION_FULL"

    # What was bought comes back, once, and so does the place.
    cancel = f"/api/bookings/{booking['id']}/cancel"
    assert data(desk.patch(cancel, {"reason": "Ill"}))["status"] == "CANCELLED"
    assert left(bundle) == 1
    before = everything()
    assert details(desk.patch(cancel, {}))["reason"] == "ILLEGAL_TRANSITION"
    assert everything() == before
    data(desk.patch(f"/api/bookings/{joined['id']}/cancel", {}))
    data(desk.post(f"/api/{join}", {"studentId": str(late.pk)}), 201)
    of_lea = data(desk.get(f"/api/bookings/students/{student}?status=BOOKED"))
    assert [one["date"] for one in of_lea] == ["2026-11-17T09:00:00Z", "2026-11-17T11:00:00Z"]
    of_anna = data(desk.get(f"/api/bookings/tas/{ta}"))
    assert [one["sessionType"] for one in of_anna].count("GROUP") == 4

    call_command("check_invariants")  # exits when something is not as it was promised


def left(bundle: dict) -> int:
    return BundlePurchase.objects.get(pk=bundle["id"]).remaining_sessions
