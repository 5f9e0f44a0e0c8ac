"""Schemathesis invents requests from the OpenAPI document, good and bad, and checks the answers.

Every case runs against the real database and is rolled back. The same cases are made in every
run, so a failure is a change and no accident. All checks of schemathesis are on but one:
`use_after_free` wants what was deleted to be gone, and here nothing is ever deleted: a
cancelled booking can be read.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import time
from typing import Any
from uuid import uuid4

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
from tests.bookings.test_photos import picture
from tests.cast import a_key
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


def name_of(case: Case) -> str:
    return str(case.operation.definition.raw["operationId"])


# What no schema can say. A good case is made to obey it, so that `positive_data_acceptance`
# holds for everything else.


def obey_the_rules(case: Case) -> None:
    if "Idempotency-Key" in (case.headers or {}):  # each request is another one
        case.headers["Idempotency-Key"] = str(uuid4())
    if "If-Match" in (case.headers or {}):  # what is changed has this version
        case.headers["If-Match"] = "*"
    the_walk_is_by_one_way(case)
    if rule := RULES.get(name_of(case)):
        rule(case)


def the_time_can_be_booked(case: Case) -> None:
    """A start lies ahead on a whole minute, the service has the duration, the zone exists."""
    if isinstance(case.body, dict) and "timeSlot" in case.body:
        slot: dict[str, Any] = {"startTime": "2026-11-16T10:00:00+01:00", "duration": 30}
        case.body = {**case.body, "timeSlot": slot}


def the_service_has_what_it_wants(case: Case) -> None:
    """Our service wants a company and an inquiry, asks nothing and says where; others do not."""
    the_time_can_be_booked(case)
    if isinstance(case.body, dict):
        body = {name: v for name, v in case.body.items() if name not in ("answers", "location")}
        case.body = {**body, "company": "Müller GmbH", "inquiry": "As last time"}


def the_walk_is_by_one_way(case: Case) -> None:
    """By page or by cursor; and a cursor is one that was given out."""
    if case.query and "cursor" in case.query:
        case.query = {name: v for name, v in case.query.items() if name != "page"} | {"cursor": ""}


def the_days_are_in_this_century(case: Case) -> None:
    if case.query:
        days = {"dateFrom": "2026-11-16", "dateTo": "2026-11-17T00:00:00Z"}
        case.query = {name: days.get(name, v) for name, v in case.query.items()}


def the_first_day_comes_before_the_last(case: Case) -> None:
    days = {"from": "2026-12-01", "to": "2026-12-24"}
    case.query = {name: days.get(name, v) for name, v in (case.query or {}).items()}


def the_hours_make_sense(case: Case) -> None:
    """Days lie ahead, what ends does so after it starts, a recurrence is one."""
    known = {
        "weekly": [{"weekday": 5, "opens": "09:00", "closes": "12:00"}],
        "validFrom": "2026-12-01", "validTo": "2026-12-31",
        "date": "2026-12-24", "stretches": [{"opens": "09:00", "closes": "12:00"}],
        "startsOn": "2026-12-01", "startTime": "09:00", "endsOn": "2026-12-02",
        "endTime": "12:00", "recurrence": "FREQ=WEEKLY;COUNT=2",
    }  # fmt: skip
    if isinstance(case.body, dict):
        case.body = {name: known.get(name, value) for name, value in case.body.items()}


def the_range_has_an_end_after_its_start(case: Case) -> None:
    query = {**(case.query or {}), "from": "2026-11-16", "to": "2026-11-20"}
    known = {"duration": 30, "timezone": "Europe/Berlin"}
    case.query = {name: known.get(name, value) for name, value in query.items()}


def the_series_has_an_end(case: Case) -> None:
    the_service_has_what_it_wants(case)
    if isinstance(case.body, dict):
        case.body = {**case.body, "recurrence": "FREQ=WEEKLY;COUNT=2"}


def the_duration_is_one_of_the_service(case: Case) -> None:
    known = {"duration": 30, "timezone": "Europe/Berlin", "after": "2026-11-16"}
    case.query = {name: known.get(name, value) for name, value in (case.query or {}).items()}


def the_service_makes_sense(case: Case) -> None:
    """Durations ascend, prices are in euros, a choice has options, somebody can do it."""
    if not isinstance(case.body, dict):
        return
    euros = {"amount": "40.00", "currency": "EUR"}
    known = {
        "name": "Color",
        "code": "C1",
        "durations": [30, 60],
        "price": euros,
        "policy": {"lateFee": euros},
        "questions": [{"key": "tone", "label": "Tone?", "kind": "CHOICE", "options": ["Red"]}],
        "requirements": [],
        "resources": [],
        "examPeriods": [],
    }
    case.body = {name: known.get(name, value) for name, value in case.body.items()}


def the_place_exists(case: Case) -> None:
    """The zone, the country and the region are some."""
    if isinstance(case.body, dict):
        known: dict[str, Any] = {
            "name": "Franz",
            "timezone": "Europe/Vienna",
            "holidays": {"country": "AT", "region": "9"},
        }
        case.body = {name: known.get(name, value) for name, value in case.body.items()}


def the_type_has_a_key(case: Case) -> None:
    """A name without a letter that a key can be made of needs one."""
    if isinstance(case.body, dict):
        case.body = {**case.body, "key": "boat", "name": "Boat"}


def the_window_lies_ahead(case: Case) -> None:
    """It ends after it starts, and takes as long as the service does."""
    if isinstance(case.body, dict):
        known = {"from": "2026-11-14", "to": "2026-11-16", "duration": 30, "resourceId": None}
        body = {name: known.get(name, value) for name, value in case.body.items()}
        case.body = {name: v for name, v in body.items() if name != "timezone"}


def the_settings_make_sense(case: Case) -> None:
    known = {
        "timezone": "Europe/Berlin", "currency": "CHF", "accentColor": "#b45309",
        "contactEmail": "hello@salon.example", "adminEmail": "",
        "embedOrigins": ["https://www.salon.example"],
    }  # fmt: skip
    if isinstance(case.body, dict):
        case.body = {name: known.get(name, value) for name, value in case.body.items()}


def the_durations_ascend(case: Case) -> None:
    if isinstance(case.body, dict) and "durations" in case.body:
        case.body = {**case.body, "durations": [30, 60]}


def the_logo_is_a_picture(case: Case) -> None:
    case.body = picture("PNG", (30, 20))


def the_address_is_one(case: Case) -> None:
    """It may not be reached, which is a conflict."""
    case.body = {"url": "https://10.0.0.1/logo.png"}


def the_correction_is_one(case: Case) -> None:
    """Nothing more and nothing less is no correction."""
    if isinstance(case.body, dict):
        case.body = {**case.body, "sessions": 1}


def who_is_limited_is_staff_with_resources(case: Case) -> None:
    """A limit is for staff and viewers, has resources, and goes with no right to make backups."""
    if not isinstance(case.body, dict):
        return
    if not case.body.get("onlyOwnResources"):
        case.body.pop("resourceIds", None)
        return
    case.body["role"] = "STAFF"
    case.body["resourceIds"] = [TA_ID]
    if "grants" in case.body:
        case.body["grants"] = [one for one in case.body["grants"] if "backup" not in str(one)]


def the_key_is_bound_to_websites(case: Case) -> None:
    """Only one that may stand in a browser is."""
    if isinstance(case.body, dict):
        case.body = {
            **case.body,
            "kind": "PUBLISHABLE",
            "scopes": ["catalog:read"],
            "origins": ["https://www.example.com"],
            "expiresAt": "2099-12-31T00:00:00Z",
        }


def the_course_is_taught(case: Case) -> None:
    """Who and what is named is there; sessions end after they begin, and prices are in euros."""
    the_first_day_is(case)
    if case.path_parameters and (row_id := OF_A_COURSE.get(name_of(case))):
        case.path_parameters["id"] = row_id
    if not isinstance(case.body, dict):
        return
    known: dict[str, Any] = {
        "courseId": COURSE_ID, "studentId": STUDENT_ID, "taId": TA_ID,
        "bundlePurchaseId": BUNDLE_ID, "date": "2026-11-16T10:00:00+01:00",
        "durationMinutes": 30, "timezone": "Europe/Berlin",
        "validFrom": "2026-12-01", "validTo": "2026-12-31",
        "price": {"amount": "12.50", "currency": "EUR"},
    }  # fmt: skip
    times = ("2026-11-19T14:00:00Z", "2026-11-19T15:00:00Z")
    if "weekday" in case.body or "GroupSessionTemplate" in name_of(case):
        times = ("16:00", "17:00")
    known |= dict(zip(("startTime", "endTime"), times, strict=True))
    body = {name: known.get(name, value) for name, value in case.body.items()}
    if ("startTime" in body) != ("endTime" in body):  # or it may end before it begins
        body |= {name: known[name] for name in ("startTime", "endTime")}
    case.body = {name: v for name, v in body.items() if name not in ("answers", "location")}


def the_first_day_is(case: Case) -> None:
    if case.query:
        days = {"from": "2026-12-01", "to": "2026-12-24"}
        days |= {"dateFrom": "2026-11-16", "dateTo": "2026-11-17T00:00:00Z"}
        case.query = {name: days.get(name, v) for name, v in case.query.items()}


# Whose id stands in the path.
OF_A_COURSE = {
    "listStudentBookings": STUDENT_ID,
    "listTaBookings": TA_ID,
    "listGroupSessions": COURSE_ID,
    **dict.fromkeys(
        (
            "getGroupSession",
            "changeGroupSession",
            "cancelGroupSession",
            "joinGroupSession",
            "listAttendees",
        ),
        SESSION_ID,
    ),
    **dict.fromkeys(("getGroupSessionTemplate", "updateGroupSessionTemplate"), TEMPLATE_ID),
}
RULES: dict[str, Callable[[Case], None]] = {
    **dict.fromkeys(OF_A_COURSE, the_course_is_taught),
    "bookIndividualSession": the_course_is_taught,
    "createGroupSession": the_course_is_taught,
    "createGroupSessionTemplate": the_course_is_taught,
    "createApiKey": the_key_is_bound_to_websites,
    "invite": who_is_limited_is_staff_with_resources,
    "updateMember": who_is_limited_is_staff_with_resources,
    "createBooking": the_service_has_what_it_wants,
    "updateBooking": the_time_can_be_booked,
    "createSeries": the_series_has_an_end,
    "moveSeries": the_time_can_be_booked,
    "createHold": the_time_can_be_booked,
    "joinWaitlist": the_window_lies_ahead,
    "listBookings": the_days_are_in_this_century,
    "createCustomer": the_place_exists,
    "updateCustomer": the_place_exists,
    "updateBookingDefaults": the_durations_ascend,
    "updateOrganization": the_settings_make_sense,
    "setLogo": the_logo_is_a_picture,
    "takeLogo": the_address_is_one,
    "adjustBundle": the_correction_is_one,
    "createService": the_service_makes_sense,
    "createResource": the_place_exists,
    "createResourceType": the_type_has_a_key,
    "listEvents": the_first_day_comes_before_the_last,
    "listSchedules": the_first_day_comes_before_the_last,
    "listDateOverrides": the_first_day_comes_before_the_last,
    "listTimeOff": the_first_day_comes_before_the_last,
    "createSchedule": the_hours_make_sense,
    "updateSchedule": the_hours_make_sense,
    "setDateOverride": the_hours_make_sense,
    "updateDateOverride": the_hours_make_sense,
    "addTimeOff": the_hours_make_sense,
    "updateTimeOff": the_hours_make_sense,
    "listFreeTimes": the_range_has_an_end_after_its_start,
    "explainTimes": the_range_has_an_end_after_its_start,
    "nextFreeTime": the_duration_is_one_of_the_service,
}
