from uuid import uuid4

import pytest

from bookings.api.booking_shapes import BookingSerializer
from bookings.models import Allocation, Booking, Customer
from core.models import Event
from tests.factories import ResourceFactory, ServiceFactory

pytestmark = pytest.mark.django_db

BOOKINGS = "/api/bookings"


@pytest.fixture
def booked(desk, wish) -> dict:
    response = desk.post(BOOKINGS, wish)
    assert response.status_code == 201, response.content
    data = response.json()["data"]
    return {name: data[name] for name in data if not name.startswith("manage")}


def nothing_changed() -> bool:
    return not (
        Booking.objects.exists()
        or Customer.objects.exists()
        or Event.objects.filter(name__startswith="booking.").exists()
    )


def test_booking_a_free_time(desk, wish, haircut, anna):
    response = desk.post(BOOKINGS, wish)

    assert response.status_code == 201
    assert response["API-Version"] == "1"
    assert response["ETag"] == '"1"'
    body = response.json()
    assert body["success"] is True
    booking = body["data"]
    assert booking["id"] == str(Booking.objects.get().pk)
    assert len(booking["reference"]) == 9
    expected = {
        "status": "PENDING",
        "name": "Mia Müller",
        "company": "Müller GmbH",
        "email": "mia@example.com",
        "phone": "+49 30 1234567",
        "inquiry": "As last time",
        "timeSlot": {
            "startTime": "2026-11-16T09:00:00Z",
            "endTime": "2026-11-16T09:30:00Z",
            "duration": 30,
            "timezone": "Europe/Berlin",
        },
        "serviceId": str(haircut.pk),
        "resourceId": str(anna.pk),
        "price": None,
        "confirmationSent": False,
        "reminderSent": False,
        "version": 1,
    }
    assert {name: booking[name] for name in expected} == expected


def test_what_is_read_is_what_the_document_says(booked):
    fields = list(BookingSerializer().get_fields())
    # The last three only where they apply.
    assert [*booked, "seriesId", "groupSessionId", "bundlePurchaseId"] == fields


def test_every_wrong_field_is_named_at_once(desk, clock):
    response = desk.post(
        BOOKINGS,
        {
            "email": "not an address",
            "color": "red",
            "phone": "1" * 33,
            "timeSlot": {"startTime": "2026-11-16T10:00:00", "duration": "30"},
        },
    )

    assert response.status_code == 400
    error = response.json()["error"]
    assert error["errorCode"] == "VALIDATION_ERROR"
    assert set(error["details"]["fields"]) == {
        "name",
        "company",
        "inquiry",
        "email",
        "color",
        "phone",
        "timeSlot.startTime",
        "timeSlot.duration",
    }
    assert nothing_changed()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Mia\x00"),
        ("name", "   "),
        ("name", 5),
        ("name", None),
        ("name", "x" * 201),
        ("inquiry", "x" * 10_001),
        ("email", f"{'x' * 250}@example.com"),
        ("email", ["mia@example.com"]),
    ],
)
def test_text_that_is_none_is_refused(desk, wish, field, value):
    response = desk.post(BOOKINGS, {**wish, field: value})

    assert response.status_code == 400
    assert list(response.json()["error"]["details"]["fields"]) == [field]
    assert nothing_changed()


@pytest.mark.parametrize(
    ("slot", "field"),
    [
        ({"startTime": "2026-02-30T10:00:00Z", "duration": 30}, "startTime"),
        ({"startTime": "2026-11-16", "duration": 30}, "startTime"),
        ({"startTime": "20261116", "duration": 30}, "startTime"),
        ({"startTime": "2026-11-16T10:00:37+01:00", "duration": 30}, "startTime"),
        ({"startTime": 1_800_000_000, "duration": 30}, "startTime"),
        ({"startTime": "9999-12-31T23:59:59-14:00", "duration": 30}, "startTime"),
        ({"startTime": "2020-11-16T10:00:00Z", "duration": 30}, "startTime"),
        ({"startTime": "2026-11-16T10:00:00+01:00"}, "duration"),
        ({"startTime": "2026-11-16T10:00:00+01:00", "duration": 20}, "duration"),
        ({"startTime": "2026-11-16T10:00:00+01:00", "duration": 30.5}, "duration"),
        ({"startTime": "2026-11-16T10:00:00+01:00", "duration": True}, "duration"),
        ({"startTime": "2026-11-16T10:00:00+01:00", "duration": -30}, "duration"),
        (
            {
                "startTime": "2026-11-16T10:00:00+01:00",
                "duration": 30,
                "endTime": "2026-11-16T11:00:00+01:00",
            },
            "endTime",
        ),
        (
            {"startTime": "2026-11-16T10:00:00+01:00", "duration": 30, "timezone": "Mars/Base"},
            "timezone",
        ),
    ],
)
def test_a_time_that_is_none_is_refused(desk, wish, slot, field):
    response = desk.post(BOOKINGS, {**wish, "timeSlot": slot})

    assert response.status_code == 400
    assert list(response.json()["error"]["details"]["fields"]) == [f"timeSlot.{field}"]
    assert nothing_changed()


def test_names_of_every_script_are_kept_as_they_were_sent(desk, wish):
    name = " \u200fשרה 🐈‍⬛ O'Brien <script> "

    response = desk.post(BOOKINGS, {**wish, "name": name})

    assert response.json()["data"]["name"] == name
    assert Booking.objects.get().name == name


def test_a_taken_time_is_a_conflict_that_offers_others(desk, wish, booked):
    response = desk.post(BOOKINGS, wish)

    assert response.status_code == 409
    error = response.json()["error"]
    assert (error["errorCode"], error["details"]["reason"]) == ("CONFLICT", "SLOT_TAKEN")
    alternatives = error["details"]["alternatives"]
    assert len(alternatives) == 3
    assert "2026-11-16T09:30:00Z" in [slot["startTime"] for slot in alternatives]
    assert Booking.objects.count() == 1
    for slot in alternatives:
        again = {**wish, "timeSlot": {"startTime": slot["startTime"], "duration": 30}}
        assert desk.post(BOOKINGS, again).status_code == 201


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("2026-11-16T08:00:00+01:00", "OUTSIDE_HOURS"),
        ("2026-11-15T10:00:00+01:00", "OUTSIDE_HOURS"),
        ("2026-11-03T09:30:00+01:00", "MIN_NOTICE"),
        ("2027-11-16T10:00:00+01:00", "HORIZON"),
    ],
)
def test_a_time_that_is_not_offered_says_why(desk, wish, start, reason):
    response = desk.post(BOOKINGS, {**wish, "timeSlot": {"startTime": start, "duration": 30}})

    assert response.status_code == 409
    assert response.json()["error"]["details"] == {"reason": reason}
    assert nothing_changed()


def test_another_organizations_ids_do_not_exist(desk, wish):
    for field, foreign in (("serviceId", ServiceFactory()), ("resourceId", ResourceFactory())):
        response = desk.post(BOOKINGS, {**wish, field: str(foreign.pk)})

        assert response.status_code == 404
        assert list(response.json()["error"]["details"]["fields"]) == [field]
    assert nothing_changed()


def test_a_strangers_key_sees_and_changes_nothing(stranger, booked):
    path = f"{BOOKINGS}/{booked['id']}"

    assert stranger.get(path).status_code == 404
    assert stranger.put(path, {"inquiry": "mine"}).status_code == 404
    assert stranger.patch(path, {"status": "CANCELLED"}).status_code == 404
    assert stranger.delete(path).status_code == 404
    assert stranger.get(BOOKINGS).json()["data"] == []
    assert Booking.objects.get().version == 1


def test_a_publishable_key_books_and_reads_nobody(website, wish, booked):
    slot = {"startTime": "2026-11-16T11:00:00+01:00", "duration": 30}

    assert website.post(BOOKINGS, {**wish, "timeSlot": slot}).status_code == 201
    assert website.get(BOOKINGS).status_code == 403
    assert website.get(f"{BOOKINGS}/{booked['id']}").status_code == 403
    assert website.delete(f"{BOOKINGS}/{booked['id']}").status_code == 403
    assert website.get(f"{BOOKINGS}/{uuid4()}").status_code == 403


def test_reading_needs_a_credential(client, booked):
    for headers in ({}, {"X-API-Key": "sk_wrong"}, {"Authorization": "Bearer nonsense"}):
        response = client.get(BOOKINGS, headers=headers)

        assert response.status_code == 401
        assert response.json()["error"]["errorCode"] == "UNAUTHORIZED"
        assert "WWW-Authenticate" in response


def test_one_booking_is_read_with_its_version(desk, booked):
    response = desk.get(f"{BOOKINGS}/{booked['id']}/")

    assert response.json()["data"] == booked
    assert response["ETag"] == '"1"'
    for absent in (uuid4(), "nothing", "1"):
        assert desk.get(f"{BOOKINGS}/{absent}").status_code == 404


def test_moving_a_booking_keeps_its_id_and_frees_its_old_time(desk, wish, booked):
    slot = {"startTime": "2026-11-16T14:00:00+01:00", "duration": 60}

    response = desk.put(f"{BOOKINGS}/{booked['id']}", {"timeSlot": slot, "inquiry": "Shorter"})

    assert response.status_code == 200
    moved = response.json()["data"]
    assert (moved["id"], moved["version"], moved["status"]) == (booked["id"], 2, "PENDING")
    assert moved["timeSlot"]["endTime"] == "2026-11-16T14:00:00Z"
    assert moved["inquiry"] == "Shorter"
    assert desk.post(BOOKINGS, wish).status_code == 201
    assert Allocation.objects.filter(released_at=None).count() == 2
    assert list(
        Event.objects.filter(subject_id=booked["id"]).order_by("id").values_list("name", flat=True)
    ) == ["booking.created", "booking.rescheduled", "booking.updated"]


def test_moving_within_its_own_time_does_not_collide_with_itself(desk, booked):
    slot = {"startTime": "2026-11-16T10:00:00+01:00", "duration": 60}

    response = desk.put(f"{BOOKINGS}/{booked['id']}", {"timeSlot": slot})

    assert response.status_code == 200
    assert response.json()["data"]["timeSlot"]["duration"] == 60


def test_sending_back_what_was_read_changes_nothing(desk, booked):
    response = desk.put(
        f"{BOOKINGS}/{booked['id']}",
        {"timeSlot": booked["timeSlot"], "inquiry": booked["inquiry"]},
    )

    assert response.json()["data"] == booked
    assert Event.objects.filter(subject_id=booked["id"]).count() == 1


def test_moving_to_a_taken_time_changes_nothing(desk, wish, booked):
    other = {"startTime": "2026-11-16T11:00:00+01:00", "duration": 30}
    desk.post(BOOKINGS, {**wish, "timeSlot": other})

    response = desk.put(f"{BOOKINGS}/{booked['id']}", {"timeSlot": other, "inquiry": "New"})

    assert response.status_code == 409
    assert response.json()["error"]["details"]["reason"] == "SLOT_TAKEN"
    assert len(response.json()["error"]["details"]["alternatives"]) == 3
    assert desk.get(f"{BOOKINGS}/{booked['id']}").json()["data"] == booked


def test_another_member_of_staff_can_take_over(desk, booked, haircut, ben):
    path = f"{BOOKINGS}/{booked['id']}"
    refused = desk.put(path, {"resourceId": str(ben.pk)})
    haircut.resources.add(ben)
    taken = desk.put(path, {"resourceId": str(ben.pk)})

    assert refused.status_code == 409
    assert taken.json()["data"]["resourceId"] == str(ben.pk)
    assert taken.json()["data"]["timeSlot"] == booked["timeSlot"]
    assert desk.put(path, {"resourceId": None}).status_code == 200


def test_the_status_follows_its_table(desk, booked):
    path = f"{BOOKINGS}/{booked['id']}"

    def patch(status):
        response = desk.patch(path, {"status": status})
        return response.status_code, response.json().get("data", {}).get("status")

    assert patch("PENDING") == (409, None)
    assert patch("COMPLETED") == (409, None)
    assert patch("CONFIRMED") == (200, "CONFIRMED")
    assert patch("CONFIRMED") == (409, None)
    assert patch("confirmed") == (400, None)
    assert patch("NO_SHOW") == (200, "NO_SHOW")
    assert patch("CANCELLED") == (409, None)
    assert desk.delete(path).json()["error"]["details"]["reason"] == "ILLEGAL_TRANSITION"
    assert desk.put(path, {"inquiry": "Too late"}).status_code == 409
    assert Booking.objects.get().version == 3


def test_cancelling_answers_the_booking_and_frees_the_time(desk, wish, booked):
    response = desk.delete(f"{BOOKINGS}/{booked['id']}")

    assert response.status_code == 200
    assert response.json()["data"]["status"] == "CANCELLED"
    assert desk.delete(f"{BOOKINGS}/{booked['id']}").status_code == 409
    assert desk.post(BOOKINGS, wish).status_code == 201


@pytest.mark.parametrize(
    ("tag", "status"),
    [('"1"', 200), ("*", 200), ('"2"', 412), ('"abc"', 412), ('W/"1"', 412), ("1", 400)],
)
def test_if_match_protects_what_somebody_else_changed(desk, booked, tag, status):
    path = f"{BOOKINGS}/{booked['id']}"

    response = desk.patch(path, {"status": "CONFIRMED"}, headers={"If-Match": tag})

    assert response.status_code == status
    assert Booking.objects.get().status == ("CONFIRMED" if status == 200 else "PENDING")


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"name": NaN}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (rb'{"name": "\ud800"}', "application/json", 400),
        (b"name=Mia", "application/x-www-form-urlencoded", 415),
        (b"{}" + b" " * 1024 * 1024, "application/json", 413),
    ],
)
def test_a_body_that_is_none_is_refused(desk, body, media_type, status):
    response = desk.generic("POST", BOOKINGS, body, content_type=media_type)

    assert response.status_code == status
    assert response.json()["error"]["statusCode"] == status
    assert nothing_changed()


def test_wrong_methods_paths_and_media_types_stay_in_the_envelope(desk, booked):
    for response, status, code in (
        (desk.delete(BOOKINGS), 405, "METHOD_NOT_ALLOWED"),
        (desk.get("/api/nothing"), 404, "NOT_FOUND"),
        (desk.get("/api/v2/bookings"), 404, "NOT_FOUND"),
        (desk.get(BOOKINGS, headers={"Accept": "text/html"}), 406, "NOT_ACCEPTABLE"),
    ):
        assert response.status_code == status
        error = response.json()["error"]
        assert (error["statusCode"], error["errorCode"]) == (status, code)
        assert error["requestId"] == response["X-Request-ID"]
        assert response["API-Version"] == "1"


def test_both_paths_and_both_endings_are_one(desk, wish, booked):
    for path in ("/api/bookings", "/api/bookings/", "/api/v1/bookings", "/api/v1/bookings/"):
        assert desk.get(path).json()["data"] == [booked]
    assert desk.post("/api/v1/bookings/", wish).status_code == 409
