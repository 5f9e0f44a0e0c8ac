"""What every refusal of the API has in common."""

from typing import Any

from bookings.models import Booking, Customer, Hold
from core.models import Event
from tests.core.openapi_document import Document

BOOKINGS = "/api/bookings"
DOCUMENT = Document()


def everything() -> dict[str, Any]:
    """Return what a refused request must leave as it was."""
    return {
        "bookings": list(Booking.objects.values_list("pk", "status", "version", "starts_at")),
        "customers": Customer.objects.count(),
        "holds": Hold.objects.count(),
        "events": Event.objects.filter(name__startswith="booking.").count(),
    }


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    """Return the fields that are wrong, of a refusal that is one in every respect."""
    assert response.status_code == status, response.content[:300]
    assert response["Content-Type"] == "application/json"
    assert response["API-Version"] == "1"
    body = response.json()
    name = next(
        name
        for name, answer in DOCUMENT.raw["components"]["responses"].items()
        if code in answer["content"]["application/json"]["examples"]
    )
    schema = {"$ref": f"#/components/schemas/{name}"}
    assert DOCUMENT.faults_of(schema, body, closed=True) == []
    assert body["error"]["requestId"] == response["X-Request-ID"]
    fields: dict[str, Any] = body["error"]["details"].get("fields", {})
    return fields
