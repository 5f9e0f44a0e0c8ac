"""What is really answered is exactly what the document promises, with nothing beside it."""

import re
from typing import Any

import pytest

from bookings.api.examples import RESOURCE_ID
from tests.bookings.test_photos import picture
from tests.core.openapi_document import Document

pytestmark = pytest.mark.django_db
BODIES = {
    "updateBooking": {"inquiry": "Shorter"},
    "changeBookingStatus": {"status": "CONFIRMED"},
}


@pytest.fixture(scope="module")
def document() -> Document:
    return Document()


def read(expression: str, response: Any) -> str:
    """Return what a link's expression, `$response.body#/data/id`, finds in an answer."""
    before, _, pointer = expression.partition("#/")
    if before != "$response.body":
        return expression
    found = response.json()
    for step in pointer.split("/"):
        found = found[int(step)] if isinstance(found, list) else found[step]
    return str(found)


class TestRealAnswers:
    @pytest.fixture(autouse=True)
    def _held_against_the_document(self, document):
        self.document = document

    def check(self, name: str, response: Any, status: int) -> Any:
        assert response.status_code == status, response.content
        assert self.document.faults(name, response) == []
        return response.json().get("data") if "json" in response["Content-Type"] else None

    def test_bookings(self, desk, wish):
        body = {**wish, "phone": None}
        booked = self.check("createBooking", desk.post("/api/bookings", body), 201)
        path = f"/api/bookings/{booked['id']}"
        self.check("getBooking", desk.get(path), 200)
        self.check("listBookings", desk.get("/api/bookings"), 200)
        self.check("listBookings", desk.get("/api/bookings", {"cursor": ""}), 200)
        self.check("updateBooking", desk.put(path, {"inquiry": "Shorter"}), 200)
        self.check("changeBookingStatus", desk.patch(path, {"status": "CONFIRMED"}), 200)
        self.check("cancelBooking", desk.delete(path), 200)

    def test_customers(self, desk):
        mia = {"name": "Mia", "email": "mia@example.com", "locale": "de"}
        added = self.check("createCustomer", desk.post("/api/customers", mia), 201)
        path = f"/api/customers/{added['id']}"
        self.check("createCustomer", desk.post("/api/customers", mia), 409)
        self.check("getCustomer", desk.get(path), 200)
        self.check("listCustomers", desk.get("/api/customers"), 200)
        self.check("updateCustomer", desk.patch(path, {"phone": "+49 30 1234567"}), 200)

    def test_reminder_rules(self, desk):
        body = {"minutesBefore": 60, "audience": "STAFF"}
        made = self.check("createReminderRule", desk.post("/api/reminder-rules", body), 201)
        path = f"/api/reminder-rules/{made['id']}"
        self.check("createReminderRule", desk.post("/api/reminder-rules", body), 409)
        self.check("getReminderRule", desk.get(path), 200)
        self.check("listReminderRules", desk.get("/api/reminder-rules"), 200)
        self.check("updateReminderRule", desk.patch(path, {"active": False}), 200)
        self.check("deleteReminderRule", desk.delete(path), 200)

    def test_the_organization(self, desk):
        self.check("getOrganization", desk.get("/api/organization"), 200)
        body = {"accentColor": "#b45309", "customerRetentionMonths": 36}
        self.check("updateOrganization", desk.patch("/api/organization", body), 200)
        self.check("updateOrganization", desk.patch("/api/organization", {"currency": "x"}), 400)
        defaults = "/api/organization/booking-defaults"
        self.check("getBookingDefaults", desk.get(defaults), 200)
        body = {"durations": [60], "policy": {"mostReschedules": None}}
        self.check("updateBookingDefaults", desk.patch(defaults, body), 200)
        self.check("updateBookingDefaults", desk.patch(defaults, {"durations": []}), 400)
        logo = "/api/organization/logo"
        sent = desk.generic("PUT", logo, picture("PNG"), content_type="application/octet-stream")
        self.check("setLogo", sent, 200)
        self.check("takeLogo", desk.post(logo, {"url": "https://10.0.0.1/logo.png"}), 409)
        self.check("takeLogo", desk.post(logo, {"url": "logo.png"}), 400)
        self.check("removeLogo", desk.delete(logo), 200)

    def test_events(self, desk, book):
        book()
        self.check("listEvents", desk.get("/api/events"), 200)
        self.check("listEvents", desk.get("/api/events", {"actor": "COMMAND", "cursor": ""}), 200)

    def test_a_booking_with_a_price(self, desk, wish, haircut):
        haircut.price_amount = 40
        haircut.save()
        booked = self.check("createBooking", desk.post("/api/bookings", wish), 201)
        assert booked["price"] == {"amount": "40.00", "currency": "EUR"}
        services = self.check("listServices", desk.get("/api/services"), 200)
        assert services[0]["price"] == booked["price"]

    def test_conflicts(self, desk, wish):
        booked = desk.post("/api/bookings", wish).json()["data"]
        path = f"/api/bookings/{booked['id']}"
        self.check("createBooking", desk.post("/api/bookings", wish), 409)
        self.check("createHold", desk.post("/api/holds", {"timeSlot": wish["timeSlot"]}), 409)
        self.check("changeBookingStatus", desk.patch(path, {"status": "NO_SHOW"}), 409)
        desk.delete(path)
        self.check("cancelBooking", desk.delete(path), 409)
        self.check("updateBooking", desk.put(path, {"inquiry": "Too late"}), 409)

    def test_refusals(self, client, desk, website, wish, settings):
        path = "/api/bookings"
        key = {"Idempotency-Key": "one"}
        desk.post(path, wish, headers=key)
        again = desk.post(path, wish, headers=key)
        self.check("createBooking", again, 201)
        assert again["Idempotency-Replayed"] == "true"
        self.check("createBooking", desk.post(path, {**wish, "notes": "x"}, headers=key), 422)
        self.check("createBooking", desk.post(path, {}), 400)
        self.check("createBooking", client.post(path, wish, content_type="application/json"), 401)
        self.check("createBooking", desk.post(path, wish, headers={"Accept": "text/html"}), 406)
        self.check("createBooking", desk.post(path, {**wish, "serviceId": RESOURCE_ID}), 404)
        text = "x" * 1024 * 1024
        self.check("createBooking", desk.post(path, {**wish, "notes": text}), 413)
        self.check("createBooking", desk.generic("POST", path, b"x", "text/plain"), 415)
        self.check("listBookings", website.get(path), 403)
        booked = again.json()["data"]["id"]
        stale = desk.delete(f"{path}/{booked}", headers={"If-Match": '"9"'})
        self.check("cancelBooking", stale, 412)
        settings.RATE_LIMIT_MAX_REQUESTS = 1
        desk.post(path, wish)
        self.check("createBooking", desk.post(path, wish), 429)

    def test_the_catalogue_free_times_and_holds(self, website, wish, haircut, anna):
        self.check("listServices", website.get("/api/services"), 200)
        self.check("getService", website.get(f"/api/services/{haircut.pk}"), 200)
        self.check("listResources", website.get("/api/resources"), 200)
        self.check("getResource", website.get(f"/api/resources/{anna.pk}"), 200)
        days = {"from": "2026-11-16", "to": "2026-11-17"}
        free = self.check("listFreeTimes", website.get("/api/availability", days), 200)
        assert len(free["slots"]) == 16
        why = "/api/availability/explain"
        self.check("explainTimes", website.get(why, days), 200)
        after = {"after": "2026-11-16"}
        found = self.check("nextFreeTime", website.get("/api/availability/next", after), 200)
        assert found["slot"] == free["slots"][0]
        held = {"timeSlot": wish["timeSlot"]}
        hold = self.check("createHold", website.post("/api/holds", held), 201)
        path = f"/api/holds/{hold['id']}"
        self.check("dropHold", website.delete(path, {"token": hold["token"]}), 200)

    def test_the_catalogue_is_written(self, desk, anna):
        made = self.check("createService", desk.post("/api/services", {"name": "Color"}), 201)
        path = f"/api/services/{made['id']}"
        questions = {"questions": [{"key": "tone", "label": "Which tone?"}]}
        self.check("updateService", desk.patch(path, questions), 200)
        self.check("updateService", desk.patch(path, {"slug": "haircut"}), 409)
        self.check("deactivateService", desk.delete(path), 200)
        self.check("listServices", desk.get("/api/services", {"active": "any"}), 200)
        made = self.check("createResource", desk.post("/api/resources", {"name": "Ben"}), 201)
        path = f"/api/resources/{made['id']}"
        self.check("updateResource", desk.patch(path, {"places": 2}), 200)
        self.check("deactivateResource", desk.delete(path), 200)
        room = {"key": "room", "name": "Room"}
        made = self.check("createResourceType", desk.post("/api/resource-types", room), 201)
        self.check("createResourceType", desk.post("/api/resource-types", room), 409)
        path = f"/api/resource-types/{made['id']}"
        self.check("getResourceType", desk.get(path), 200)
        self.check("renameResourceType", desk.patch(path, {"name": "Parlor"}), 200)
        self.check("listResourceTypes", desk.get("/api/resource-types"), 200)
        self.check("deleteResourceType", desk.delete(path), 200)
        staff = f"/api/resource-types/{anna.type_id}"
        self.check("deleteResourceType", desk.delete(staff), 409)

    def test_a_series(self, desk, wish):
        weekly = {**wish, "recurrence": "FREQ=WEEKLY;COUNT=2"}
        made = self.check("createSeries", desk.post("/api/series", weekly), 201)
        self.check("createSeries", desk.post("/api/series", weekly), 409)
        self.check("createSeries", desk.post("/api/series", {**weekly, "dryRun": True}), 201)
        path, body = f"/api/series/{made['id']}", {"bookingId": made["bookings"][0]["id"]}
        slot = {"startTime": "2026-11-17T10:00:00+01:00", "duration": 30}
        all_of_them = {**body, "scope": "ALL"}
        self.check("confirmSeries", desk.post(f"{path}/confirm", all_of_them), 200)
        moved = desk.post(f"{path}/reschedule", {**all_of_them, "timeSlot": slot})
        self.check("moveSeries", moved, 200)
        self.check("cancelSeries", desk.post(f"{path}/cancel", all_of_them), 200)
        self.check("cancelSeries", desk.post(f"{path}/cancel", all_of_them), 409)

    def test_every_link_leads_to_a_call_that_can_follow(self, desk, wish):
        def follow(name: str, response: Any) -> list[str]:
            followed = []
            for link in self.document.response(name, response.status_code)["links"].values():
                call = self.document.operations[link["operationId"]]
                [(name, where)] = link["parameters"].items()
                path = call["path"].replace(f"{{{name}}}", read(where, response))
                sent = link.get("requestBody") or BODIES.get(link["operationId"], {})
                body = {key: read(value, response) for key, value in sent.items()}
                again = getattr(desk, call["method"])(path, body)
                assert again.status_code == 200, link
                followed.append(link["operationId"])
            return followed

        booked = follow("createBooking", desk.post("/api/bookings", wish))
        own = ["getBooking", "updateBooking", "changeBookingStatus", "cancelBooking"]
        assert booked == [*own, "getManagedBooking"]
        held = desk.post("/api/holds", {"timeSlot": wish["timeSlot"]})
        assert follow("createHold", held) == ["dropHold"]
        for name, path in (
            ("listBookings", "/api/bookings"),
            ("listServices", "/api/services"),
            ("listResources", "/api/resources"),
            ("listResourceTypes", "/api/resource-types"),
        ):
            assert len(follow(name, desk.get(path))) == 1

    def test_health_and_documents(self, client, desk):
        for name, path in (
            ("isServerAlive", "/health"),
            ("shouldGetRequests", "/health/lb"),
            ("isAlive", "/api/health"),
            ("isDatabaseWell", "/api/health/db"),
            ("getDocument", "/api/docs"),
            ("showDocument", "/api/docs/ui"),
        ):
            self.check(name, client.get(path), 200)
        self.check("isEverythingWell", client.get("/api/health/detailed"), 401)
        self.check("isEverythingWell", desk.get("/api/health/detailed"), 503)


def test_the_document_is_there_for_everyone(client, document):
    response = client.get("/api/docs")

    assert response["Content-Type"] == "application/json"
    assert response.json() == document.raw
    assert response.json()["openapi"] == "3.1.0"


def test_the_page_loads_nothing_from_elsewhere(client):
    response = client.get("/api/v1/docs/ui/")

    page = response.content.decode()
    assert response.status_code == 200
    assert not re.findall(r"(?:https?:)?//\w", page)
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(files) == 4
    policy = response["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-eval" not in policy
