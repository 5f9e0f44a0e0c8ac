"""What the OpenAPI document shows of courses: Algebra I, its TA, products and a bundle."""

from __future__ import annotations

from bookings.api.examples import CUSTOMER_ID, Json

COURSE_ID = "01934a00-1c2d-7e3f-8a4b-5c6d7e8f9a11"
TA_ID = "01934a00-2d3e-7f40-9b5c-6d7e8f9a0b12"
PRODUCT_ID = "01934a01-3e4f-7051-8c6d-7e8f9a0b1c13"
BUNDLE_ID = "01934a01-4f50-7162-9d7e-8f9a0b1c2d14"

EXAM_PERIOD: Json = {"kind": "MIDTERM", "startsOn": "2026-12-07", "endsOn": "2026-12-18"}
TA: Json = {
    "id": TA_ID,
    "name": "Ada Okafor",
    "qualification": "BSc Mathematics, GPA 3.9",
    "bio": "Explains proofs with pictures.",
    "photoUrl": f"https://book.example.com/photos/{TA_ID}?v=9f86d081884c",
}
COURSE: Json = {
    "id": COURSE_ID,
    "code": "MATH-101",
    "name": "Algebra I",
    "description": "Vectors, matrices, linear maps.",
    "durations": [60],
    "price": {"amount": "40.00", "currency": "EUR"},
    "active": True,
    "tas": [TA],
    "examPeriods": [EXAM_PERIOD],
}
PRODUCT: Json = {
    "id": PRODUCT_ID,
    "courseId": COURSE_ID,
    "productType": "FULL_SEMESTER_BUNDLE",
    "name": "Semester bundle",
    "basePrice": {"amount": "300.00", "currency": "EUR"},
    "sessions": 10,
    "validDays": 120,
    "active": True,
}
SINGLE: Json = {
    **PRODUCT,
    "productType": "INDIVIDUAL_SESSION",
    "name": "Single session",
    "basePrice": {"amount": "40.00", "currency": "EUR"},
    "sessions": None,
    "validDays": None,
}
NEW_PRODUCTS: dict[str, Json] = {
    "A single session": {
        "productType": "INDIVIDUAL_SESSION",
        "basePrice": {"amount": "40.00"},
    },
    "A bundle of ten": {
        "productType": "FULL_SEMESTER_BUNDLE",
        "name": "Semester bundle",
        "basePrice": {"amount": "300.00", "currency": "EUR"},
        "sessions": 10,
        "validDays": 120,
    },
}
PRODUCT_CHANGES: dict[str, Json] = {
    "Another price": {"basePrice": {"amount": "320.00"}},
    "No longer on sale": {"active": False},
}
BUNDLE: Json = {
    "id": BUNDLE_ID,
    "studentId": CUSTOMER_ID,
    "courseId": COURSE_ID,
    "productId": PRODUCT_ID,
    "coverageType": "FULL_SEMESTER",
    "totalSessions": 10,
    "remainingSessions": 9,
    "validFrom": "2026-10-31T23:00:00Z",
    "validTo": "2027-02-28T23:00:00Z",
    "status": "ACTIVE",
    "price": {"amount": "300.00", "currency": "EUR"},
}
NEW_BUNDLE: Json = {**BUNDLE, "remainingSessions": 10}
ADJUSTED: Json = {**BUNDLE, "totalSessions": 11, "remainingSessions": 10}
PURCHASES: dict[str, Json] = {
    "As the product says": {"studentId": CUSTOMER_ID, "productId": PRODUCT_ID},
    "In every detail": {
        "studentId": CUSTOMER_ID,
        "productId": PRODUCT_ID,
        "coverageType": "FULL_SEMESTER",
        "totalSessions": 12,
        "validFrom": "2026-12-01",
        "validTo": "2027-02-28",
    },
}
TAKEN: dict[str, Json] = {
    "One is active": {"reason": "DUPLICATE_PURCHASE", "bundlePurchaseId": BUNDLE_ID}
}
ADJUSTMENTS: dict[str, Json] = {
    "One more": {"sessions": 1, "reason": "The TA was ill."},
    "Two fewer": {"sessions": -2, "reason": "Counted twice by mistake."},
}
STATEMENT: list[Json] = [
    {
        "number": 1,
        "kind": "GRANTED",
        "amount": 10,
        "balance": 10,
        "bookingId": None,
        "at": "2026-11-02T09:30:00Z",
        "reason": "",
    },
    {
        "number": 2,
        "kind": "SPENT",
        "amount": -1,
        "balance": 9,
        "bookingId": "019349d0-5b1e-7a44-9f3c-6a2d8e0b7c11",
        "at": "2026-11-20T09:30:00Z",
        "reason": "",
    },
]
