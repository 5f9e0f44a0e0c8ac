"""What no schema can say: a good case is made to obey it.

So that schemathesis' check `positive_data_acceptance` holds for everything else.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from schemathesis import Case

from bookings.api.session_examples import (
    BUNDLE_ID,
    COURSE_ID,
    SESSION_ID,
    STUDENT_ID,
    TA_ID,
    TEMPLATE_ID,
)
from tests.bookings.test_photos import picture


def name_of(case: Case) -> str:
    return str(case.operation.definition.raw["operationId"])


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
