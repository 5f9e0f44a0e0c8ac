"""What is really answered about courses, bundles and sessions is what the document promises."""

from typing import Any

import pytest

from bookings.api.session_examples import BUNDLE_ID, COURSE_ID, STUDENT_ID, TA_ID
from bookings.models import Product
from tests.core.openapi_document import Document
from tests.factories import (
    BundleFactory,
    CourseFactory,
    CustomerFactory,
    ProductFactory,
    ResourceFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document() -> Document:
    return Document()


@pytest.fixture
def check(document):
    """Return the data of an answer that is just what the document promises."""

    def check(name: str, response: Any, status: int) -> Any:
        assert response.status_code == status, response.content
        assert document.faults(name, response) == []
        return response.json().get("data")

    return check


def test_courses_and_bundles(check, clock, desk, website, tutorial, products, bundle, lea):
    here = f"/api/courses/{bundle.service_id}"
    check("listCourses", website.get("/api/courses"), 200)
    check("getCourse", website.get(here), 200)
    check("listProducts", website.get(f"{here}/products"), 200)
    student = {"studentId": str(lea.pk)}
    check("getSupportOptions", website.get(f"{here}/support-options", student), 403)
    options = desk.get(f"{here}/support-options", student)
    found = check("getSupportOptions", options, 200)
    assert all(found.values())
    product = f"/api/products/{found['products'][0]['id']}"
    check("getProduct", website.get(product), 200)
    check("updateProduct", desk.patch(product, {"name": "Single"}), 200)
    new = {"productType": "GROUP_SESSION_PASS", "basePrice": {"amount": "90.00"}}
    check("createProduct", desk.post(f"{here}/products", new), 409)
    products["GROUP_SESSION_PASS"].delete()
    made = check("createProduct", desk.post(f"{here}/products", new), 201)
    shop = f"/api/bundles/courses/{bundle.service_id}/purchase"
    order = {**student, "productId": made["id"], "totalSessions": 5, "validTo": "2027-01-31"}
    sold = check("purchaseBundle", desk.post(shop, order), 201)
    check("purchaseBundle", desk.post(shop, order), 409)
    path, theirs = f"/api/bundles/{sold['id']}", f"/api/bundles/students/{lea.pk}"
    check("getBundle", desk.get(path), 200)
    check("listBundlesOfStudent", desk.get(theirs), 200)
    active = f"{theirs}/courses/{bundle.service_id}/active"
    check("listActiveBundles", desk.get(active), 200)
    body = {"sessions": -1, "reason": "Counted twice"}
    check("adjustBundle", desk.post(f"{path}/adjust", body), 200)
    check("adjustBundle", desk.post(f"{path}/adjust", {**body, "sessions": -9}), 409)
    lines = check("listCreditEntries", desk.get(f"{path}/statement"), 200)
    assert [line["balance"] for line in lines] == [5, 4]


def test_sessions_of_a_course(check, desk, website, clock, bundle, tutorial, lea, anna):
    ask = {
        "courseId": str(bundle.service_id),
        "studentId": str(lea.pk),
        "date": "2026-11-16T10:00:00+01:00",
        "durationMinutes": 60,
        "bundlePurchaseId": str(bundle.pk),
    }
    path = "/api/bookings"
    booked = check("bookIndividualSession", desk.post(f"{path}/individual", ask), 201)
    again = {**ask, "taId": booked["taId"]}
    check("bookIndividualSession", desk.post(f"{path}/individual", again), 409)
    check("listStudentBookings", desk.get(f"{path}/students/{lea.pk}"), 200)
    check("listTaBookings", desk.get(f"{path}/tas/{anna.pk}"), 200)
    cancel = f"{path}/{booked['id']}/cancel"
    check("cancelCourseBooking", desk.patch(cancel, {"returnCredit": True}), 200)
    check("cancelCourseBooking", desk.patch(cancel, {}), 409)

    sessions, visitor = "/api/group-sessions", {"name": "Tom", "email": "tom@example.com"}
    of_course = f"{sessions}/courses/{tutorial.service_id}"
    check("listGroupSessions", website.get(of_course), 200)
    path = f"{sessions}/{tutorial.pk}"
    check("getGroupSession", website.get(path), 200)
    place = check("joinGroupSession", website.post(f"{path}/join", visitor), 201)
    check("joinGroupSession", website.post(f"{path}/join", visitor), 409)
    check("joinGroupSession", desk.post(f"{path}/join", {**visitor, "seat": 1}), 400)
    check("listAttendees", desk.get(f"{path}/attendees"), 200)
    own = f"/api/manage/{place['manageToken']}"
    check("getManagedBooking", website.get(own), 200)


def test_group_sessions_are_laid_out(check, desk, clock, tutorial):
    path, day = "/api/group-sessions", "2026-11-19T14:00:00+01:00"
    plan = {
        "courseId": str(tutorial.service_id),
        "taId": str(tutorial.resource_id),
        "startTime": day,
        "endTime": "2026-11-19T15:00:00+01:00",
        "capacity": 8,
        "price": {"amount": "15.00"},
    }
    made = check("createGroupSession", desk.post(path, plan), 201)
    check("createGroupSession", desk.post(path, plan), 409)
    one = f"{path}/{made['id']}"
    check("changeGroupSession", desk.put(one, {"capacity": 9}), 200)
    clash = desk.put(f"{path}/{tutorial.pk}", {"startTime": day})
    check("changeGroupSession", clash, 409)
    stale = desk.delete(one, headers={"If-Match": '"1"'})
    check("cancelGroupSession", stale, 412)
    check("cancelGroupSession", desk.delete(one), 200)
    check("cancelGroupSession", desk.delete(one), 409)


def test_sessions_of_every_week(check, desk, clock, algebra, anna):
    path = "/api/group-session-templates"
    weekly = {
        "courseId": str(algebra.pk),
        "taId": str(anna.pk),
        "weekday": "WEDNESDAY",
        "startTime": "14:00",
        "endTime": "15:00",
        "capacity": 8,
        "price": {"amount": "15.00"},
        "weeksAhead": 1,
    }
    made = check("createGroupSessionTemplate", desk.post(path, weekly), 201)
    check("createGroupSessionTemplate", desk.post(path, weekly), 409)
    one = f"{path}/{made['id']}"
    check("getGroupSessionTemplate", desk.get(one), 200)
    check("listGroupSessionTemplates", desk.get(path), 200)
    check("updateGroupSessionTemplate", desk.patch(one, {"capacity": 9}), 200)


def test_the_examples_of_courses_can_be_sent_as_they_stand(document, clock, desk, website, salon):
    ada = ResourceFactory(pk=TA_ID, organization=salon)
    algebra = CourseFactory(pk=COURSE_ID, organization=salon, resources=[ada])
    student = CustomerFactory(pk=STUDENT_ID, organization=salon)
    product = ProductFactory(service=algebra)
    BundleFactory(pk=BUNDLE_ID, customer=student, product=product)

    def bodies(name: str) -> list[tuple[str, dict[str, Any]]]:
        content = document.operations[name]["requestBody"]["content"]["application/json"]
        return [(key, example["value"]) for key, example in content["examples"].items()]

    for key, body in bodies("bookIndividualSession"):
        booked = desk.post("/api/bookings/individual", body)
        assert booked.status_code == 201, key
        path = f"/api/bookings/{booked.json()['data']['id']}/cancel"
        assert desk.patch(path, bodies("cancelCourseBooking")[0][1]).status_code == 200
    [(_, plan)] = bodies("createGroupSession")
    session = desk.post("/api/group-sessions", plan)
    assert session.status_code == 201
    path = f"/api/group-sessions/{session.json()['data']['id']}"
    (_, with_a_pass), (_, visitor) = bodies("joinGroupSession")
    assert website.post(f"{path}/join", visitor).status_code == 201
    kind = Product.Kind.GROUP_SESSION_PASS
    other = BundleFactory(customer=student, product=ProductFactory(service=algebra, kind=kind))
    with_a_pass = {**with_a_pass, "bundlePurchaseId": str(other.pk)}  # shown elsewhere as a bundle
    assert desk.post(f"{path}/join", with_a_pass).status_code == 201
    for key, body in bodies("changeGroupSession"):
        assert desk.put(path, body).status_code == 200, key
    assert desk.delete(path, bodies("cancelGroupSession")[0][1]).status_code == 200
    [(_, weekly)] = bodies("createGroupSessionTemplate")
    made = desk.post("/api/group-session-templates", weekly)
    assert made.status_code == 201
    path = f"/api/group-session-templates/{made.json()['data']['id']}"
    for key, body in bodies("updateGroupSessionTemplate"):
        assert desk.patch(path, body).status_code == 200, key
