"""Schemathesis invents requests from the OpenAPI document, good and bad, and checks the answers.

Every case runs against the real database and is rolled back. The same cases are made in every
run, so a failure is a change and no accident. All checks of schemathesis are on but one:
`use_after_free` wants what was deleted to be gone, and here nothing is ever deleted: a
cancelled booking can be read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time
from typing import Any

import orjson
import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from schemathesis import Case

from bookings.api.session_examples import (
    BUNDLE_ID,
    COURSE_ID,
    SESSION_ID,
    STUDENT_ID,
    TA_ID,
    TEMPLATE_ID,
)
from bookings.models import Booking, GroupSessionTemplate, Hold
from core.api.documents import document_as_json
from core.health.checks import checks
from core.models import ApiKey
from tests.cast import a_key
from tests.core.hostile_rules import name_of, obey_the_rules
from tests.factories import (
    BundleFactory,
    CourseFactory,
    CustomerFactory,
    GroupSessionFactory,
    ProductFactory,
    ResourceFactory,
)

pytestmark = pytest.mark.django_db

CASES_PER_CALL = 25
JOURNEYS, STEPS_PER_JOURNEY = 30, 6
IDS = {"serviceId", "resourceId", "holdId", "holdToken"}

config = schemathesis.Config.from_dict(
    {
        "seed": 1,
        "cache": {"enabled": False},
        # Or a change of any text in the code would make other cases of it.
        "analysis": {"constants": {"enabled": False}},
        "generation": {
            "deterministic": True,
            "max-examples": CASES_PER_CALL,
            # The key is sent by us; that a wrong one is refused is the check `ignored_auth`.
            "with-security-parameters": False,
        },
        "checks": {"use_after_free": {"enabled": False}},
    }
)
api = schemathesis.openapi.from_dict(orjson.loads(document_as_json()), config=config)
api.app = get_wsgi_application()
same_every_time = hypothesis_settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    max_examples=CASES_PER_CALL,
)


@pytest.fixture
def course(salon, clock) -> None:
    """A course that is taught, with what the document's examples name."""
    ada = ResourceFactory(pk=TA_ID, organization=salon, name="Ada")
    algebra = CourseFactory(pk=COURSE_ID, organization=salon, resources=[ada], durations=[30, 60])
    student = CustomerFactory(pk=STUDENT_ID, organization=salon)
    BundleFactory(pk=BUNDLE_ID, customer=student, product=ProductFactory(service=algebra))
    GroupSessionFactory(pk=SESSION_ID, service=algebra, resource=ada)
    GroupSessionTemplate.objects.create(
        pk=TEMPLATE_ID,
        organization=salon,
        service=algebra,
        resource=ada,
        weekday=1,
        starts_at_time=time(9),
        ends_at_time=time(10),
        timezone="Europe/Berlin",
        capacity=3,
        price_amount=15,
        weeks_ahead=1,
    )


@pytest.fixture
def headers(salon, haircut, course, settings, clock, monkeypatch) -> Iterator[dict[str, str]]:
    """The key of the salon's own server, and nothing in the way of a thousand requests."""
    settings.RATE_LIMIT_MAX_REQUESTS = 10**9
    # No worker and no mail server run beside this test, and /api/health/detailed would say so.
    for part in ("worker", "mail"):
        monkeypatch.delitem(checks.known, part)
    # As in Django's own test client: a request ends, the test's transaction does not.
    watched = (signals.request_started, signals.request_finished)
    for signal in watched:
        signal.disconnect(close_old_connections)
    yield {"X-API-Key": a_key(salon, kind=ApiKey.Kind.SECRET)}
    for signal in watched:
        signal.connect(close_old_connections)


@contextmanager
def rolled_back() -> Iterator[None]:
    """Leave the database as it was. For the services it counts as no transaction around them."""
    atomic = transaction.atomic()
    atomic._from_testcase = True  # type: ignore[attr-defined]  # as in Django's own TestCase
    with atomic:
        yield
        transaction.set_rollback(True)


@api.parametrize()
@same_every_time
def test_every_answer_is_as_the_document_says(case: Case, headers) -> None:
    if is_good(case):
        obey_the_rules(case)
    with rolled_back():
        case.call_and_validate(headers=headers)


def test_what_was_made_can_be_found_and_changed(headers) -> None:
    found: dict[str, set[int]] = {}

    class Journey(api.include(tag=["Bookings", "Holds"]).as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            self.rollback = rolled_back()
            self.rollback.__enter__()

        def teardown(self) -> None:
            self.rollback.__exit__(None, None, None)

        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            return {"headers": headers}

        def before_call(self, case: Case) -> None:
            super().before_call(case)
            if is_good(case):
                obey_the_rules(case)
                if isinstance(case.body, dict):  # an id that was made up leads nowhere
                    case.body = {name: v for name, v in case.body.items() if name not in IDS}

        def after_call(self, response: schemathesis.Response, case: Case) -> None:
            super().after_call(response, case)
            found.setdefault(name_of(case), set()).add(response.status_code)

        def validate_response(
            self, response: schemathesis.Response, case: Case, **kwargs: Any
        ) -> None:
            case.validate_response(
                response, headers=headers, transport_kwargs=kwargs, recorder=self.recorder
            )

    Journey.run(
        settings=hypothesis_settings(
            same_every_time, max_examples=JOURNEYS, stateful_step_count=STEPS_PER_JOURNEY
        )
    )

    # Where a journey leads is left to chance; that some of them lead somewhere is not.
    assert 201 in found["createBooking"]
    assert 201 in found["createHold"]
    after = ("getBooking", "updateBooking", "changeBookingStatus", "cancelBooking")
    assert any(200 in found.get(name, ()) for name in after)


def test_the_hostile_left_nothing_behind() -> None:
    assert not Booking.objects.exists()
    assert not Hold.objects.exists()


def is_good(case: Case) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive
