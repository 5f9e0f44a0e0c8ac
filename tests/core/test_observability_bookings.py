import pytest

from core.models import Event
from tests.core.log_lines import log_lines

pytestmark = pytest.mark.django_db

BOOKINGS = "/api/bookings"
MIA = ("mia", "müller", "as last time", "+49 30 1234567", "1234567")


def nobody_in(lines):
    said = lines.everything.lower()
    return not [word for word in MIA if word in said]


def test_a_booking_leaves_lines_that_name_nobody_and_its_events_carry_its_request_id(desk, wish):
    with log_lines() as lines:
        made = desk.post(BOOKINGS, wish, headers={"X-Request-ID": "req-1"})
        assert made.status_code == 201
        booking = made.json()["data"]["id"]
        assert desk.get(f"{BOOKINGS}/{booking}").status_code == 200
        assert desk.get(f"{BOOKINGS}?email=mia@example.com&search=Müller").status_code == 200
        assert desk.post(BOOKINGS, wish).status_code == 409
        assert desk.post(BOOKINGS, {**wish, "email": "Mia Müller"}).status_code == 400
        assert desk.delete(f"{BOOKINGS}/{booking}").status_code == 200

    assert [line["message"] for line in lines.of("core.request")] == [
        "POST /api/bookings 201",
        "GET /api/bookings/{pk} 200",
        "GET /api/bookings 200",
        "POST /api/bookings 409",
        "POST /api/bookings 400",
        "DELETE /api/bookings/{pk} 200",
    ]
    assert nobody_in(lines)
    assert lines.of("core.request")[1]["context"]["ids"] == {"pk": booking}
    assert lines.of("core.request")[0]["context"]["queries"] > 1
    assert Event.objects.get(name="booking.created").request_id == "req-1"


def test_a_bug_in_the_middle_of_a_booking_names_nobody_either(desk, wish, monkeypatch):
    def break_down(*_args, **_more):
        raise RuntimeError(f"{wish['email']} {wish['phone']}")

    monkeypatch.setattr("bookings.services.booking.new_reference", break_down)
    desk.raise_request_exception = False
    with log_lines() as lines:
        assert desk.post(BOOKINGS, wish).status_code == 500

    assert nobody_in(lines)
    [request] = lines.of("core.request")
    assert (request["level"], request["context"]["cause"]) == ("error", "RuntimeError")
