"""The same POST twice is done once: `Idempotency-Key`."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import include, path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.test import APIClient

from bookings.models import Booking, Hold
from bookings.services.locking import lock_resources
from bookings.services.status import cancel_booking
from config.urls import urlpatterns as house
from core import events
from core.api.envelope import success
from core.api.viewsets import TenantViewSet
from core.errors import Busy, Conflict, TimedOut
from core.models import ApiKey, Event, IdempotentRequest, Organization
from core.tasks import forget_old_answers
from tests.cast import a_key
from tests.rivals import close_its_own_connection, rivals, wait_until, waiting_for_a_lock

BOOKINGS = "/api/bookings"
ONE, TWO = {"Idempotency-Key": "one"}, {"Idempotency-Key": "two"}

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Knock(TenantViewSet):
    """A door that writes down each knock and then does as it is told."""

    scope = "bookings"
    outcomes: dict[str, Callable[[], Exception]] = {
        "refuse": lambda: Conflict("Not now."),
        "busy": Busy,
        "too late": TimedOut,
        "break": lambda: RuntimeError("a bug"),
    }

    def create(self, request: Request) -> Response:
        organization = Organization.objects.get(pk=self.organization_id)
        event = events.build_for(organization.pk, "door.knocked", organization, caller=self.caller)
        event.save(force_insert=True)
        body: Any = request.data
        outcome = self.outcomes.get(body.get("please", ""))
        if outcome is not None:
            raise outcome()
        return Response(success({"knock": str(event.pk)}), 201, headers={"ETag": '"7"'})

    def partial_update(self, request: Request, pk: str) -> Response:
        return self.create(request)


router = SimpleRouter(trailing_slash=False)
router.register("knocks", Knock, basename="knock")
urlpatterns = [path("api/", include(router.urls)), *house]


def knocks() -> int:
    return Event.objects.filter(name="door.knocked").count()


@pytest.fixture
def knock(desk):
    desk.raise_request_exception = False

    def knock(please: str = "", *, key: str | None = "one", client=desk, **more: Any):
        headers = {} if key is None else {"Idempotency-Key": key}
        return client.post("/api/knocks", {"please": please, **more}, headers=headers)

    return knock


# --- what is repeated --------------------------------------------------------------------


def test_a_booking_sent_twice_is_made_once_and_answered_twice(desk, wish):
    first, second = (desk.post(BOOKINGS, wish, headers=ONE) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["ETag"] == first["ETag"] == '"1"'
    assert "Idempotency-Replayed" not in first.headers
    assert second["Idempotency-Replayed"] == "true"
    assert second["Content-Type"] == first["Content-Type"]
    assert second["X-Request-ID"] != first["X-Request-ID"]
    assert Booking.objects.count() == Event.objects.filter(name="booking.created").count() == 1


def test_a_refusal_stays_a_refusal_even_when_the_time_is_free_again(desk, wish, book, staff):
    booking = book()
    refused = desk.post(BOOKINGS, wish, headers=ONE)
    assert refused.status_code == 409
    assert len(refused.json()["error"]["details"]["alternatives"]) == 3

    cancel_booking(booking, caller=staff)
    again = desk.post(BOOKINGS, wish, headers=ONE)

    assert (again.status_code, again["Idempotency-Replayed"]) == (409, "true")
    assert again.content == refused.content
    assert Booking.objects.count() == 1
    assert desk.post(BOOKINGS, wish, headers=TWO).status_code == 201


def test_a_hold_sent_twice_is_one_hold_with_one_token(desk, wish):
    body = {"timeSlot": wish["timeSlot"]}
    first, second = (desk.post("/api/holds", body, headers=ONE) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert len(first.json()["data"]["token"]) == 43
    assert Hold.objects.count() == 1


def test_what_was_wrong_with_a_body_is_said_again(knock, desk, wish):
    wrong = {**wish, "name": ""}
    first, second = (desk.post(BOOKINGS, wrong, headers=ONE) for _ in range(2))

    assert first.status_code == second.status_code == 400
    assert second["Idempotency-Replayed"] == "true"
    assert desk.post(BOOKINGS, wish, headers=ONE).status_code == 422


def test_without_a_key_everything_is_done_each_time(knock):
    assert [knock(key=None).status_code for _ in range(2)] == [201, 201]
    assert knocks() == 2
    assert not IdempotentRequest.objects.exists()


def test_of_a_refusal_only_the_answer_is_kept_and_nothing_that_it_did(knock):
    refused = knock("refuse")

    assert refused.status_code == 409
    assert knocks() == 0
    assert knock("refuse")["Idempotency-Replayed"] == "true"
    assert IdempotentRequest.objects.count() == 1


@pytest.mark.parametrize(("please", "status"), [("busy", 503), ("too late", 503), ("break", 500)])
def test_what_went_wrong_on_our_side_is_never_kept(knock, please, status):
    for _ in range(2):
        response = knock(please)
        assert response.status_code == status
        assert "Idempotency-Replayed" not in response.headers
    assert knocks() == 0
    assert not IdempotentRequest.objects.exists()


# --- whose key, for what, for how long ---------------------------------------------------


def test_a_key_used_for_another_body_is_a_mistake_that_is_named(desk, wish):
    desk.post(BOOKINGS, wish, headers=ONE)
    other = {**wish, "timeSlot": {"startTime": "2026-11-16T11:00:00+01:00", "duration": 30}}

    response = desk.post(BOOKINGS, other, headers=ONE)

    assert response.status_code == 422
    assert response.json()["error"]["errorCode"] == "IDEMPOTENCY_MISMATCH"
    assert Booking.objects.count() == 1
    assert desk.post(BOOKINGS, wish, headers=ONE).status_code == 201  # the first one still stands


def test_the_keys_of_different_clients_never_meet(knock, desk, website, stranger, salon):
    till = APIClient(headers={"X-API-Key": a_key(salon, kind=ApiKey.Kind.SECRET)})
    for client in (desk, stranger, till):
        assert knock(client=client).status_code == 201

    assert knocks() == IdempotentRequest.objects.count() == 3


def test_the_same_key_for_another_call_is_another_key(knock, desk, wish):
    assert knock().status_code == 201
    assert desk.post(BOOKINGS, wish, headers=ONE).status_code == 201
    held = {"timeSlot": {**wish["timeSlot"], "startTime": "2026-11-16T11:00:00+01:00"}}
    assert desk.post("/api/holds", held, headers=ONE).status_code == 201
    assert IdempotentRequest.objects.count() == 3


def test_a_path_spelt_another_way_is_the_same_call(desk, wish):
    for spelling in (BOOKINGS, "/api/v1/bookings", "/api/bookings/", "/api/v1/bookings/"):
        assert desk.post(spelling, wish, headers=ONE).status_code == 201
    assert Booking.objects.count() == IdempotentRequest.objects.count() == 1


def test_only_a_post_is_kept(knock, desk):
    for _ in range(2):
        assert desk.patch("/api/knocks/1", {}, headers=ONE).status_code == 201
    assert knocks() == 2
    assert not IdempotentRequest.objects.exists()


def test_who_may_not_come_in_leaves_nothing_behind(desk, wish, salon):
    nobody = APIClient()
    reader = APIClient(
        headers={"X-API-Key": a_key(salon, kind=ApiKey.Kind.SECRET, scopes=["bookings:read"])}
    )

    assert nobody.post(BOOKINGS, wish, headers=ONE).status_code == 401
    assert reader.post(BOOKINGS, wish, headers=ONE).status_code == 403
    assert not IdempotentRequest.objects.exists()


@pytest.mark.parametrize("text", ["", " ", "two words", "x" * 256, "line\tfeed", "schlüssel"])
def test_a_key_that_is_none_is_refused_by_name(desk, wish, text):
    response = desk.post(BOOKINGS, wish, headers={"Idempotency-Key": text})

    assert response.status_code == 400
    assert list(response.json()["error"]["details"]["fields"]) == ["Idempotency-Key"]
    assert not Booking.objects.exists()


def test_any_text_of_255_visible_characters_is_a_key(desk, wish):
    key = {"Idempotency-Key": ("".join(map(chr, range(0x21, 0x7F))) * 3)[:255]}

    assert [desk.post(BOOKINGS, wish, headers=key).status_code for _ in range(2)] == [201, 201]
    assert Booking.objects.count() == 1


def test_a_body_beyond_the_limit_is_refused_with_a_key_as_without(desk, wish):
    response = desk.post(BOOKINGS, {**wish, "notes": "x" * 1024 * 1024}, headers=ONE)

    assert response.status_code == 413
    assert response.json()["error"]["errorCode"] == "PAYLOAD_TOO_LARGE"
    assert not IdempotentRequest.objects.exists()


def test_an_answer_is_forgotten_after_a_day(knock, clock):
    assert knock().status_code == 201
    an_hour = timedelta(hours=1)

    IdempotentRequest.objects.update(created_at=timezone.now() - 23 * an_hour)
    forget_old_answers()
    assert knock()["Idempotency-Replayed"] == "true"

    IdempotentRequest.objects.update(created_at=timezone.now() - 25 * an_hour)
    anew = knock("something else")
    assert anew.status_code == 201
    assert "Idempotency-Replayed" not in anew.headers
    assert knocks() == 2
    assert knock("something else").json() == anew.json()
    assert IdempotentRequest.objects.count() == 1


def test_the_clock_sweeps_old_answers_away(knock, clock):
    knock(key="old")
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    knock(key="new")

    forget_old_answers()

    assert IdempotentRequest.objects.count() == 1
    assert knock(key="new")["Idempotency-Replayed"] == "true"


def test_what_is_kept_cannot_be_read_in_the_database(desk, wish):
    desk.post(BOOKINGS, wish, headers={"Idempotency-Key": "mia@example.com"})

    with connection.cursor() as cursor:
        cursor.execute("SELECT kept::text, body FROM core_idempotentrequest AS kept")
        ((row, body),) = cursor.fetchall()
    reference = Booking.objects.get().reference
    for word in ("Mia", "mia@", "Müller", "1234567", "As last time", reference, "data"):
        assert word not in row
    assert reference in IdempotentRequest.objects.get().body
    assert body != IdempotentRequest.objects.get().body


# --- at the same time --------------------------------------------------------------------


@pytest.fixture
def _no_nudges(settings):
    settings.QUEUE_NUDGES = False
    settings.RATE_LIMIT_MAX_REQUESTS = 1_000_000


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_no_nudges")
def test_who_comes_while_the_first_still_runs_waits_and_gets_its_answer(desk, wish, anna):
    with ThreadPoolExecutor(2) as pool:

        def post():
            client = APIClient(headers=desk_headers(desk))
            try:
                return client.post(BOOKINGS, wish, headers=ONE)
            finally:
                close_its_own_connection()

        with transaction.atomic():
            lock_resources([anna.pk])
            first = pool.submit(post)
            wait_until(lambda: len(waiting_for_a_lock()) == 1)
            second = pool.submit(post)
            wait_until(lambda: len(waiting_for_a_lock()) == 2)
        answers = [first.result(), second.result()]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert "Idempotency-Replayed" not in answers[0].headers
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert answers[1].content == answers[0].content
    assert Booking.objects.count() == 1


def desk_headers(desk: APIClient) -> dict[str, str]:
    return {"X-API-Key": desk.defaults["HTTP_X_API_KEY"]}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_no_nudges")
def test_of_five_at_once_one_is_done_in_each_of_twenty_rounds(desk, salon):
    with rivals(5) as at_once:
        for number in range(20):

            def post(key: str = f"round-{number}") -> Any:
                client = APIClient(headers=desk_headers(desk))
                return client.post("/api/knocks", {}, headers={"Idempotency-Key": key})

            answers = at_once(*[post] * 5)
            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.content for answer in answers}) == 1
            assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
            assert knocks() == number + 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_no_nudges")
def test_who_would_wait_too_long_is_told_when_to_come_again(desk, wish, anna, monkeypatch):
    options = connection.settings_dict["OPTIONS"]
    key = {"X-API-Key": desk_headers(desk)["X-API-Key"]}
    usual = options["options"]

    def post():
        try:
            return APIClient(headers=key).post(BOOKINGS, wish, headers=ONE)
        finally:
            close_its_own_connection()

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            lock_resources([anna.pk])
            first = pool.submit(post)
            wait_until(lambda: len(waiting_for_a_lock()) == 1)
            monkeypatch.setitem(options, "options", f"{usual} -c lock_timeout=200ms")
            second = pool.submit(post).result()
        assert first.result().status_code == 201

    assert (second.status_code, second["Retry-After"]) == (409, "3")
    assert second.json()["error"]["details"] == {"reason": "IN_PROGRESS"}
    assert post()["Idempotency-Replayed"] == "true"
    assert Booking.objects.count() == 1
