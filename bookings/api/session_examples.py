"""What the OpenAPI document shows of a course: one student, one bundle, one group session."""

from __future__ import annotations

from bookings.api import examples
from bookings.api.course_examples import BUNDLE_ID, COURSE_ID, TA_ID
from bookings.api.examples import CUSTOMER_ID, Json
from bookings.availability.reasons import ReasonCode
from bookings.errors import (
    AlreadyJoined,
    BundleExpired,
    BundleNotCovering,
    CapacityBelowTaken,
    IllegalTransition,
    NoCredit,
    SessionDecides,
    SessionFull,
    SessionOver,
    SlotTaken,
    TaBusy,
    TaNotOnCourse,
    TemplateOverlaps,
)

STUDENT_ID = CUSTOMER_ID
SESSION_ID = "01934902-5061-7273-8e8f-9fa0b1c2d325"
TEMPLATE_ID = "01934902-6172-7384-9f90-a0b1c2d3e426"

# What a bundle can refuse to pay for, by the word in `details.reason`.
BUNDLE_REFUSED = (NoCredit.reason, BundleExpired.reason, BundleNotCovering.reason)
# Why something that a bundle paid for, or a place, stays where it is.
MOVE_REFUSED = (BundleExpired.reason, BundleNotCovering.reason, SessionDecides.reason)
BUNDLE_DETAILS: Json = {
    "validTo": {
        "description": "With BUNDLE_EXPIRED: until when it was valid.",
        "type": "string",
        "format": "date-time",
    },
    "validFrom": {
        "description": "With BUNDLE_NOT_COVERING: from when it is valid, if it begins too early.",
        "type": "string",
        "format": "date-time",
    },
}
JOIN_DETAILS: Json = {
    **BUNDLE_DETAILS,
    "bookingId": {
        "description": "With ALREADY_JOINED: the place that they have, for who may read it.",
        "type": "string",
        "format": "uuid",
    },
}
BUSY: dict[str, Json] = {
    "The TA is busy": {
        "reason": TaBusy.reason,
        "alternatives": [{**examples.SLOT, "resourceIds": [TA_ID]}],
    },
    "Nobody who teaches it": {"reason": TaNotOnCourse.reason},
    "Nothing left": {"reason": NoCredit.reason},
}
NOT_JOINED: dict[str, Json] = {
    "Full": {"reason": SessionFull.reason},
    "Has a place": {"reason": AlreadyJoined.reason, "bookingId": examples.BOOKING_ID},
    "It has begun": {"reason": SessionOver.reason},
    "The pass is over": {"reason": BundleExpired.reason, "validTo": "2026-11-15T23:00:00Z"},
}
INDIVIDUAL_WISHES: dict[str, Json] = {
    "Paid by a bundle": {
        "courseId": COURSE_ID,
        "studentId": STUDENT_ID,
        "taId": TA_ID,
        "date": "2026-11-24T14:00:00+01:00",
        "durationMinutes": 60,
        "bundlePurchaseId": BUNDLE_ID,
    },
    "With any TA, at the price of one session": {
        "courseId": COURSE_ID,
        "studentId": STUDENT_ID,
        "date": "2026-11-25T14:00:00+01:00",
        "durationMinutes": 60,
        "inquiry": "Quadratic equations, please.",
    },
}
_HOUR: Json = {
    "startTime": "2026-11-24T13:00:00Z",
    "endTime": "2026-11-24T14:00:00Z",
    "duration": 60,
    "timezone": "Europe/Berlin",
}
_FREE: Json = {"amount": "0.00", "currency": "EUR"}
INDIVIDUAL: Json = {
    **examples.BOOKING,
    "status": "CONFIRMED",
    "company": "",
    "inquiry": "",
    "answers": [],
    "timeSlot": _HOUR,
    "serviceId": COURSE_ID,
    "resourceId": TA_ID,
    "customerId": STUDENT_ID,
    "bundlePurchaseId": BUNDLE_ID,
    "price": _FREE,
    "studentId": STUDENT_ID,
    "taId": TA_ID,
    "courseId": COURSE_ID,
    "date": _HOUR["startTime"],
    "durationMinutes": 60,
    "pricePerStudent": _FREE,
    "sessionType": "INDIVIDUAL",
}
_LINK: Json = {
    "manageToken": examples.MANAGE_TOKEN,
    "manageUrl": f"https://book.example.com/manage/{examples.MANAGE_TOKEN}",
}
NEW_INDIVIDUAL: Json = {**INDIVIDUAL, **_LINK}
_FIFTEEN: Json = {"amount": "15.00", "currency": "EUR"}
PLACE: Json = {
    **{name: value for name, value in INDIVIDUAL.items() if name != "bundlePurchaseId"},
    "groupSessionId": SESSION_ID,
    "price": _FIFTEEN,
    "pricePerStudent": _FIFTEEN,
    "sessionType": "GROUP",
}
NEW_PLACE: Json = {**PLACE, **_LINK}
CANCELLATIONS: dict[str, Json] = {
    "With a reason": {"reason": "The customer called."},
    "What the bundle paid is returned, however late": {"returnCredit": True},
}

SESSION: Json = {
    "id": SESSION_ID,
    "courseId": COURSE_ID,
    "taId": TA_ID,
    "startTime": _HOUR["startTime"],
    "endTime": _HOUR["endTime"],
    "timezone": "Europe/Berlin",
    "capacity": 8,
    "taken": 5,
    "placesLeft": 3,
    "status": "OPEN",
    "price": _FIFTEEN,
    "version": 1,
    "templateId": TEMPLATE_ID,
}
JOINERS: dict[str, Json] = {
    "A student with a pass": {"studentId": STUDENT_ID, "bundlePurchaseId": BUNDLE_ID},
    "A visitor": {"name": "Lea Lang", "email": "lea@example.com"},
}
NEW_SESSIONS: dict[str, Json] = {
    "An hour for eight": {
        "courseId": COURSE_ID,
        "taId": TA_ID,
        "startTime": "2026-11-24T14:00:00+01:00",
        "endTime": "2026-11-24T15:00:00+01:00",
        "capacity": 8,
        "price": {"amount": "15.00"},
    }
}
NEW_SESSION: Json = {
    **{name: value for name, value in SESSION.items() if name != "templateId"},
    "taken": 0,
    "placesLeft": 8,
}
SESSION_CHANGES: dict[str, Json] = {
    "Two hours later": {
        "startTime": "2026-11-24T16:00:00+01:00",
        "reason": "The room is taken.",
    },
    "Another TA": {"taId": TA_ID},
    "More places, for less": {"capacity": 12, "price": {"amount": "12.50"}},
}
CANCELLED_SESSION: Json = {**SESSION, "status": "CANCELLED", "taken": 0, "placesLeft": 8}
LAYOUT_REFUSED = (
    TaBusy.reason,
    TaNotOnCourse.reason,
    SlotTaken.reason,
    str(ReasonCode.TIME_OFF),
    str(ReasonCode.HOLIDAY),
    str(ReasonCode.NO_LANE),
)
NOT_LAID_OUT: dict[str, Json] = {
    "The TA has something else": {"reason": TaBusy.reason},
    "Nobody who teaches it": {"reason": TaNotOnCourse.reason},
    "The TA is away": {"reason": str(ReasonCode.TIME_OFF)},
}
TAKEN_DETAILS: Json = {
    "taken": {
        "description": "With CAPACITY_BELOW_TAKEN: the places that are taken.",
        "type": "integer",
    }
}
NOT_CHANGED: dict[str, Json] = {
    "Too few places": {"reason": CapacityBelowTaken.reason, "taken": 5},
    "It has begun": {"reason": SessionOver.reason},
}
SESSION_STATUS: Json = {
    "status": {
        "description": "With ILLEGAL_TRANSITION: the status it has.",
        "allOf": [{"$ref": "#/components/schemas/GroupSessionStatus"}],
    }
}
OVER: dict[str, Json] = {
    "Cancelled already": {"reason": IllegalTransition.reason, "status": "CANCELLED"}
}
TEMPLATE: Json = {
    "id": TEMPLATE_ID,
    "courseId": COURSE_ID,
    "taId": TA_ID,
    "weekday": "TUESDAY",
    "startTime": "14:00",
    "endTime": "15:00",
    "timezone": "Europe/Berlin",
    "capacity": 8,
    "price": _FIFTEEN,
    "validFrom": None,
    "validTo": "2027-02-12",
    "weeksAhead": 8,
    "active": True,
}
ONE_TEMPLATE: Json = {
    **TEMPLATE,
    "skipped": [{"date": "2026-12-29", "reason": str(ReasonCode.TIME_OFF)}],
}
CHANGED_TEMPLATE: Json = {
    **ONE_TEMPLATE,
    "startTime": "15:00",
    "endTime": "16:00",
    "sessions": {"changed": 6, "withdrawn": 0, "left": 1},
}
NEW_TEMPLATES: dict[str, Json] = {
    "Every Tuesday until the end of the semester": {
        "courseId": COURSE_ID,
        "taId": TA_ID,
        "weekday": "TUESDAY",
        "startTime": "14:00",
        "endTime": "15:00",
        "capacity": 8,
        "price": {"amount": "15.00"},
        "validTo": "2027-02-12",
    }
}
TEMPLATE_CHANGES: dict[str, Json] = {
    "An hour later": {"startTime": "15:00", "endTime": "16:00"},
    "No more": {"active": False},
}
OVERLAP_DETAILS: Json = {
    "templateId": {
        "description": "With TEMPLATE_OVERLAPS: what this TA has at that time.",
        "type": "string",
        "format": "uuid",
    }
}
OVERLAPS: dict[str, Json] = {
    "The TA has another one then": {
        "reason": TemplateOverlaps.reason,
        "templateId": TEMPLATE_ID,
    }
}
