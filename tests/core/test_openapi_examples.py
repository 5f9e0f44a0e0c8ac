"""The examples of the OpenAPI document: every call has some, and they can be sent as they stand."""

from typing import Any

import pytest

from bookings.api.course_examples import COURSE_ID, PRODUCT_ID
from bookings.api.examples import CUSTOMER_ID, RESOURCE_ID, SERVICE_ID
from bookings.services.consent import write_consent_text
from bookings.services.questions import QuestionDetails, set_questions
from core.access import Caller
from tests.core.openapi_document import Document
from tests.factories import (
    CourseFactory,
    CustomerFactory,
    ProductFactory,
    ResourceFactory,
    ServiceFactory,
)


@pytest.fixture(scope="module")
def document() -> Document:
    return Document()


def test_every_call_has_examples_and_all_of_them_are_valid(document):
    shown = set()
    for where, schema, value in document.examples():
        assert document.faults_of(schema, value, closed=True) == [], where
        shown.add(", ".join(where.split(", ")[:2]))

    tags = {tag["name"] for tag in document.raw["tags"]}
    for name, operation in document.operations.items():
        assert operation["summary"], name
        assert set(operation["tags"]) <= tags, name
        if operation["tags"][0] in ("Documents", "Mail reports"):
            continue
        if "requestBody" in operation and name not in ("setPhoto", "setLogo"):  # a file
            assert f"{name}, body" in shown
        for status in operation["responses"]:
            assert f"{name}, {status}" in shown or (name, status) == ("isEverythingWell", "503")


def bodies_of(document, name: str) -> dict[str, Any]:
    """Return the example bodies of a call, by their names."""
    content = document.operations[name]["requestBody"]["content"]["application/json"]
    return {key: example["value"] for key, example in content["examples"].items()}


@pytest.mark.django_db
def test_the_catalogues_examples_can_be_sent_as_they_stand(document, desk, salon):
    anna = ResourceFactory(pk=RESOURCE_ID, organization=salon)
    ServiceFactory(pk=SERVICE_ID, organization=salon, resources=[anna])

    def bodies(name: str) -> dict[str, Any]:
        return bodies_of(document, name)

    for key, body in bodies("createService").items():
        assert desk.post("/api/services", body).status_code == 201, key
    for key, body in bodies("updateService").items():
        assert desk.patch(f"/api/services/{SERVICE_ID}", body).status_code == 200, key
    for key, body in bodies("createResource").items():
        assert desk.post("/api/resources", body).status_code == 201, key
    for key, body in bodies("updateResource").items():
        assert desk.patch(f"/api/resources/{RESOURCE_ID}", body).status_code == 200, key
    for key, body in bodies("createResourceType").items():
        made = desk.post("/api/resource-types", body)
        assert made.status_code == 201, key
        path = f"/api/resource-types/{made.json()['data']['id']}"
        for change, other in bodies("renameResourceType").items():
            assert desk.patch(path, other).status_code == 200, change


@pytest.mark.django_db
def test_the_examples_of_courses_can_be_sent_as_they_stand(document, clock, desk, salon):
    def bodies(name: str) -> dict[str, Any]:
        return bodies_of(document, name)

    course = CourseFactory(pk=COURSE_ID, organization=salon)
    for key, body in bodies("createProduct").items():
        assert desk.post(f"/api/courses/{COURSE_ID}/products", body).status_code == 201, key
    product = f"/api/products/{course.products.get(kind='INDIVIDUAL_SESSION').pk}"
    for key, body in bodies("updateProduct").items():
        assert desk.patch(product, body).status_code == 200, key
    course.products.all().delete()
    ProductFactory(pk=PRODUCT_ID, service=course)
    CustomerFactory(pk=CUSTOMER_ID, organization=salon)
    for key, body in bodies("purchaseBundle").items():
        sold = desk.post(f"/api/bundles/courses/{COURSE_ID}/purchase", body)
        assert sold.status_code == 201, key
        bundle = sold.json()["data"]
        adjust = f"/api/bundles/{bundle['id']}/adjust"
        for change, more in bodies("adjustBundle").items():
            assert desk.post(adjust, more).status_code == 200, change
        none_left = {"sessions": -bundle["totalSessions"] + 1, "reason": "The next one"}
        assert desk.post(adjust, none_left).status_code == 200


@pytest.mark.django_db
def test_the_examples_can_be_sent_as_they_stand(document, clock, desk, salon, haircut, ben):
    haircut.delete()
    anna = ResourceFactory(pk=RESOURCE_ID, organization=salon)
    service = ServiceFactory(pk=SERVICE_ID, organization=salon, is_default=True, resources=[anna])
    set_questions(service, [QuestionDetails(key="allergies", label="Any allergies?")])
    caller = Caller.command(salon.pk)
    write_consent_text(salon, "privacy", texts={"en": "Read it"}, is_required=True, caller=caller)

    def bodies(name: str) -> dict[str, Any]:
        return bodies_of(document, name)

    booked = None
    for key, body in bodies("createBooking").items():
        response = desk.post("/api/bookings", body)
        assert response.status_code == 201, key
        booked = response.json()["data"]
        assert booked["serviceId"] == SERVICE_ID
        desk.delete(f"/api/bookings/{booked['id']}")
    booked = desk.post("/api/bookings", bodies("createBooking")["Anyone who is free"]).json()[
        "data"
    ]
    path = f"/api/bookings/{booked['id']}"
    for key, body in bodies("updateBooking").items():
        assert desk.put(path, body).status_code == 200, key
    for key, body in bodies("changeBookingStatus").items():
        assert desk.patch(path, body).status_code == 200, key
    for key, body in bodies("createHold").items():
        assert desk.post("/api/holds", body).status_code == 201, key
