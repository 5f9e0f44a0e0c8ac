"""What the OpenAPI document shows: one salon, one service, one member of staff, one customer."""

from __future__ import annotations

from typing import Any

from bookings.availability.reasons import ReasonCode
from bookings.errors import (
    CancelDeadline,
    CustomerExists,
    HoldLapsed,
    IllegalTransition,
    RescheduleLimit,
    SlotTaken,
)
from bookings.services.allocating import SOMEBODY_ELSES

Json = dict[str, Any]

# What a start can be refused for, by the word in `details.reason`. What somebody else took,
# holds or fills is SLOT_TAKEN; only the console refuses a start that is off the grid.
_TOLD_OTHERWISE = {*SOMEBODY_ELSES, ReasonCode.OFF_GRID}
START_REFUSED = (
    SlotTaken.reason,
    *(str(code) for code in ReasonCode if code not in _TOLD_OTHERWISE),
)
ALTERNATIVES: Json = {
    "alternatives": {
        "type": "array",
        "description": "With SLOT_TAKEN: free times near the one that was asked for.",
        "maxItems": 3,
        "items": {"$ref": "#/components/schemas/Slot"},
    }
}
TRANSITION: Json = {
    "status": {
        "description": "With ILLEGAL_TRANSITION: the status it has.",
        "allOf": [{"$ref": "#/components/schemas/BookingStatus"}],
    },
    "wanted": {
        "description": "With ILLEGAL_TRANSITION: the status that was asked for.",
        "allOf": [{"$ref": "#/components/schemas/BookingStatus"}],
    },
}
DEADLINE: Json = {
    "until": {
        "description": "With a deadline's reason: the last moment at which it was allowed.",
        "type": "string",
        "format": "date-time",
    }
}
POLICY: Json = {
    **DEADLINE,
    "most": {
        "description": "With RESCHEDULE_LIMIT: how often a customer may move it.",
        "type": "integer",
    },
}
BOOKING_ID = "019349d0-5b1e-7a44-9f3c-6a2d8e0b7c11"
SERVICE_ID = "01934900-1c2d-7e3f-8a4b-5c6d7e8f9a01"
RESOURCE_ID = "01934900-2d3e-7f40-9b5c-6d7e8f9a0b02"
CUSTOMER_ID = "01934900-3e4f-7051-8c6d-7e8f9a0b1c03"
SERIES_ID = "019349c9-5a61-7273-8e8f-9fa0b1c2d3e5"
HOLD_ID = "019349c8-4f50-7162-9d7e-8f9a0b1c2d04"
TOKEN = "Qm9va2luZyBpcyBhIHByb21pc2UsIGFuZCBzbyBpcyBob2xk"  # noqa: S105  (an example)

MANAGE_TOKEN = "AZNJ0FseekSfPGotjgt8EeN4f1mK3vW0b2QyR9sLhTg"  # noqa: S105  (an example)

WISH_SLOT: Json = {"startTime": "2026-11-24T14:00:00+01:00", "duration": 30}
CANDIDATES: list[Json] = [
    {"startTime": "2026-11-24T13:00:00Z", "available": True, "reasons": []},
    {
        "startTime": "2026-11-24T13:30:00Z",
        "available": False,
        "reasons": [{"code": "TAKEN", "cause": {"kind": "BOOKING", "id": BOOKING_ID}}],
    },
]
WISH: Json = {
    "name": "Mia Müller",
    "company": "Müller GmbH",
    "email": "mia@example.com",
    "phone": "+49 30 1234567",
    "inquiry": "As last time, please.",
    "answers": {"allergies": "Henna"},
    "timeSlot": WISH_SLOT,
}
WISHES = {
    "Anyone who is free": WISH,
    "A certain service and member of staff": {
        **WISH,
        "serviceId": SERVICE_ID,
        "resourceId": RESOURCE_ID,
    },
}
TIME_SLOT: Json = {
    "startTime": "2026-11-24T13:00:00Z",
    "endTime": "2026-11-24T13:30:00Z",
    "duration": 30,
    "timezone": "Europe/Berlin",
}
BOOKING: Json = {
    "id": BOOKING_ID,
    "reference": "K7PM-4XQ2",
    "status": "PENDING",
    "name": "Mia Müller",
    "company": "Müller GmbH",
    "email": "mia@example.com",
    "phone": "+49 30 1234567",
    "inquiry": "As last time, please.",
    "notes": "",
    "answers": [{"key": "allergies", "label": "Any allergies?", "answer": "Henna"}],
    "location": {"kind": "ADDRESS", "text": "Sonnenallee 5, Berlin"},
    "timeSlot": TIME_SLOT,
    "serviceId": SERVICE_ID,
    "resourceId": RESOURCE_ID,
    "customerId": CUSTOMER_ID,
    "price": {"amount": "40.00", "currency": "EUR"},
    "source": "API",
    "confirmationSent": False,
    "reminderSent": False,
    "version": 1,
    "createdAt": "2026-11-20T09:30:00.123Z",
    "updatedAt": "2026-11-20T09:30:00.123Z",
}
NEW_BOOKING = {
    **BOOKING,
    "manageToken": MANAGE_TOKEN,
    "manageUrl": f"https://book.example.com/manage/{MANAGE_TOKEN}",
}
_NOT_TOLD = ("notes", "customerId", "seriesId", "source", "confirmationSent", "reminderSent")
MANAGED: Json = {
    **{name: value for name, value in BOOKING.items() if name not in _NOT_TOLD},
    "serviceName": "Haircut",
    "resourceName": "Anna",
    "fee": None,
    "allowedActions": [
        {"action": "RESCHEDULE", "until": "2026-11-24T11:00:00Z", "fee": None},
        {
            "action": "CANCEL",
            "until": "2026-11-24T13:00:00Z",
            "fee": {"amount": "15.00", "currency": "EUR"},
        },
    ],
}
CONFIRMED = {**BOOKING, "status": "CONFIRMED", "version": 2}
CANCELLED = {**BOOKING, "status": "CANCELLED", "version": 3}
MOVED = {
    **BOOKING,
    "timeSlot": {
        **TIME_SLOT,
        "startTime": "2026-11-25T09:00:00Z",
        "endTime": "2026-11-25T09:30:00Z",
    },
    "version": 2,
}
CHANGES = {
    "Another time": {"timeSlot": {"startTime": "2026-11-25T10:00:00+01:00", "duration": 30}},
    "Another member of staff": {"resourceId": RESOURCE_ID},
    "Anyone who is free": {"resourceId": None},
    "Another wish": {"inquiry": "Shorter than last time, please."},
}
SLOT: Json = {
    "startTime": "2026-11-24T13:30:00Z",
    "endTime": "2026-11-24T14:00:00Z",
    "resourceIds": [RESOURCE_ID],
}
HOLD: Json = {
    "id": HOLD_ID,
    "token": TOKEN,
    "expiresAt": "2026-11-20T09:35:00Z",
    "timeSlot": TIME_SLOT,
    "resourceId": RESOURCE_ID,
}
CUSTOMER: Json = {
    "id": CUSTOMER_ID,
    "name": "Mia Müller",
    "email": "mia@example.com",
    "company": "Müller GmbH",
    "phone": "+49 30 1234567",
    "timezone": "Europe/Berlin",
    "locale": "de",
}
NEW_CUSTOMERS = {
    "A name and an address": {"name": "Mia Müller", "email": "mia@example.com"},
    "All that is known": {name: CUSTOMER[name] for name in CUSTOMER if name != "id"},
}
WHOSE_ADDRESS: Json = {
    "customerId": {
        "description": "With CUSTOMER_EXISTS: who has this address.",
        "type": "string",
        "format": "uuid",
    }
}

ENTRY_ID = "019349d8-6061-7273-8d9e-9f0a1b2c3d05"
SESSION_ID = "01934902-5061-7273-8e8f-9fa0b1c2d325"
WAIT: Json = {
    "serviceId": SERVICE_ID,
    "from": "2026-11-23",
    "to": "2026-11-28",
    "duration": 30,
    "name": "Mia Müller",
    "email": "mia@example.com",
}
WAIT_FOR_A_PLACE: Json = {
    "groupSessionId": SESSION_ID,
    "name": "Mia Müller",
    "email": "mia@example.com",
}
PLACE_IN_LINE: Json = {
    "id": ENTRY_ID,
    "serviceId": SERVICE_ID,
    "resourceId": None,
    "groupSessionId": None,
    "from": "2026-11-22T23:00:00Z",
    "to": "2026-11-27T23:00:00Z",
    "duration": 30,
    "status": "WAITING",
    "position": 1,
    "offer": None,
    "createdAt": "2026-11-20T09:30:00Z",
}
JOINED: Json = {
    **PLACE_IN_LINE,
    "token": MANAGE_TOKEN,
    "url": f"https://book.example.com/waitlist/{MANAGE_TOKEN}",
}
WAITING: Json = {
    **PLACE_IN_LINE,
    "name": "Mia Müller",
    "company": "",
    "email": "mia@example.com",
    "phone": None,
    "inquiry": "",
    "timezone": "Europe/Berlin",
    "customerId": CUSTOMER_ID,
    "bookingId": None,
}
OFFER: Json = {
    "status": "OFFERED",
    "position": None,
    "offer": {
        "timeSlot": TIME_SLOT,
        "resourceId": RESOURCE_ID,
        "expiresAt": "2026-11-20T11:35:00Z",
    },
}
OFFERED: Json = {**WAITING, **OFFER}
OPENED_OFFER: Json = {**PLACE_IN_LINE, **OFFER, "serviceName": "Haircut"}
ACCEPTED: Json = {
    "id": BOOKING_ID,
    "reference": "K7PM-4XQ2",
    "status": "PENDING",
    "timeSlot": TIME_SLOT,
    "resourceId": RESOURCE_ID,
    "manageToken": MANAGE_TOKEN,
    "manageUrl": f"https://book.example.com/manage/{MANAGE_TOKEN}",
}

TAKEN: dict[str, Json] = {
    "The time is taken": {"reason": SlotTaken.reason, "alternatives": [SLOT]},
    "Outside opening hours": {"reason": str(ReasonCode.OUTSIDE_HOURS)},
}
TOO_OFTEN: dict[str, Json] = {"Moved too often": {"reason": RescheduleLimit.reason, "most": 2}}
TOO_LATE: dict[str, Json] = {
    "Too late": {"reason": CancelDeadline.reason, "until": "2026-11-23T13:30:00Z"}
}
KNOWN: dict[str, Json] = {
    "The address is known": {"reason": CustomerExists.reason, "customerId": CUSTOMER_ID}
}
LAPSED: dict[str, Json] = {"The hold has lapsed": {"reason": HoldLapsed.reason}}
FINAL: dict[str, Json] = {
    "It is over": {
        "reason": IllegalTransition.reason,
        "status": "CANCELLED",
        "wanted": "CONFIRMED",
    }
}


def links(
    *operations: str, parameter: str = "id", id_at: str = "$response.body#/data/id"
) -> dict[str, Json]:
    """Return the calls that can follow, by the id that the answer holds."""
    return {name: {"operationId": name, "parameters": {parameter: id_at}} for name in operations}


AFTER_BOOKING = links(
    "getBooking", "updateBooking", "changeBookingStatus", "cancelBooking"
) | links("getManagedBooking", parameter="token", id_at="$response.body#/data/manageToken")
