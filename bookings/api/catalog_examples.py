"""What the OpenAPI document shows of the catalogue: the salon's service, staff and rooms."""

from __future__ import annotations

from bookings.api.examples import RESOURCE_ID, SERVICE_ID, Json

TYPE_ID = "01934900-5061-7273-8495-a6b7c8d9ea05"

FIELDS: Json = {
    "fields": {
        "type": "object",
        "description": "The field that another row has already.",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
    }
}

SERVICE: Json = {
    "id": SERVICE_ID,
    "slug": "haircut",
    "code": "",
    "name": "Haircut",
    "description": "Wash, cut and dry.",
    "durations": [30, 60],
    "slotStepMinutes": 30,
    "minimumNoticeMinutes": 120,
    "horizonDays": 180,
    "needsApproval": True,
    "companyRequired": False,
    "inquiryRequired": False,
    "isDefault": True,
    "active": True,
    "assignment": "FAIR",
    "price": {"amount": "40.00", "currency": "EUR"},
    "location": {"kind": "ADDRESS", "text": "Sonnenallee 5, Berlin"},
    "policy": {
        "cancelNoticeMinutes": 1440,
        "rescheduleNoticeMinutes": 1440,
        "mostReschedules": 2,
        "lateFee": {"amount": "20.00", "currency": "EUR"},
    },
    "questions": [
        {
            "key": "allergies",
            "label": "Any allergies?",
            "kind": "TEXT",
            "options": [],
            "isRequired": False,
        }
    ],
    "resources": [{"id": RESOURCE_ID}],
    "examPeriods": [],
}
SERVICE_IN_FULL: Json = {
    **SERVICE,
    "bufferBeforeMinutes": 0,
    "bufferAfterMinutes": 10,
    "answerWithinMinutes": 1440,
    "fairnessDays": 28,
    "limits": {
        "perDay": None,
        "perWeek": None,
        "perMonth": None,
        "customerPerDay": 1,
        "customerPerWeek": None,
        "customerPerMonth": None,
    },
    "resources": [{"id": RESOURCE_ID, "priority": 0, "weight": 2}],
    "requirements": [{"resourceType": "staff", "quantity": 1}],
}
NEW_SERVICES: dict[str, Json] = {
    "A name is enough": {"name": "Beard trim"},
    "With rules, questions and who does it": {
        "name": "Color",
        "durations": [60, 90],
        "bufferAfterMinutes": 10,
        "needsApproval": False,
        "price": {"amount": "75.00"},
        "policy": {"cancelNoticeMinutes": 1440, "lateFee": {"amount": "20.00"}},
        "limits": {"customerPerDay": 1},
        "questions": [
            {"key": "allergies", "label": "Any allergies?", "isRequired": True},
            {"key": "tone", "label": "Which tone?", "kind": "CHOICE", "options": ["Red", "Black"]},
        ],
        "resources": [{"id": RESOURCE_ID, "weight": 2}],
        "requirements": [{"resourceType": "staff", "quantity": 1}],
    },
    "A course": {
        "name": "Algebra I",
        "code": "MATH-101",
        "durations": [60],
        "needsApproval": False,
        "examPeriods": [{"kind": "MIDTERM", "startsOn": "2026-12-07", "endsOn": "2026-12-18"}],
    },
}
SERVICE_CHANGES: dict[str, Json] = {
    "Another price": {"price": {"amount": "42.00"}},
    "By video": {"location": {"kind": "VIDEO", "text": "https://meet.example.com/salon"}},
    "No more questions": {"questions": []},
}
RESOURCE: Json = {
    "id": RESOURCE_ID,
    "name": "Anna",
    "type": "staff",
    "timezone": "Europe/Berlin",
    "active": True,
    "bio": "Cuts since 2009.",
    "qualification": "Master hairdresser",
    "photoUrl": f"https://book.example.com/photos/{RESOURCE_ID}?v=9f86d081884c",
}
RESOURCE_IN_FULL: Json = {
    **RESOURCE,
    "places": 1,
    "alwaysOpen": False,
    "userId": None,
    "holidays": {"observed": True, "country": "", "region": ""},
}
NEW_RESOURCES: dict[str, Json] = {
    "A member of staff": {"name": "Ben", "qualification": "Apprentice"},
    "Somebody in another country": {
        "name": "Franz",
        "timezone": "Europe/Vienna",
        "holidays": {"country": "AT", "region": "9"},
    },
}
RESOURCE_TYPE: Json = {"id": TYPE_ID, "key": "room", "name": "Room"}
