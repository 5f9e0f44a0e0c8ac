"""The form of a service in words: what each field is called, and which belong together."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

LABELS: dict[str, Promise] = {
    "name": gettext_lazy("Name"),
    "slug": gettext_lazy("Name in addresses"),
    "code": gettext_lazy("Course code"),
    "description": gettext_lazy("Description"),
    "price_amount": gettext_lazy("Price"),
    "location_kind": gettext_lazy("Takes place"),
    "location": gettext_lazy("Where"),
    "is_default": gettext_lazy("The usual service"),
    "is_active": gettext_lazy("Can be booked"),
    "slot_step_minutes": gettext_lazy("A start every … minutes"),
    "buffer_before_minutes": gettext_lazy("Minutes kept free before"),
    "buffer_after_minutes": gettext_lazy("Minutes kept free after"),
    "minimum_notice_minutes": gettext_lazy("Minutes of notice"),
    "horizon_days": gettext_lazy("Days ahead"),
    "assignment": gettext_lazy("Who gets a booking that names nobody"),
    "fairness_days": gettext_lazy("Days that fairness looks back"),
    "needs_approval": gettext_lazy("Staff confirm each booking"),
    "answer_within_minutes": gettext_lazy("Minutes to answer a request"),
    "company_required": gettext_lazy("A company is needed"),
    "inquiry_required": gettext_lazy("An inquiry is needed"),
    "limit_per_day": gettext_lazy("A day"),
    "limit_per_week": gettext_lazy("A week"),
    "limit_per_month": gettext_lazy("A month"),
    "customer_limit_per_day": gettext_lazy("A day and customer"),
    "customer_limit_per_week": gettext_lazy("A week and customer"),
    "customer_limit_per_month": gettext_lazy("A month and customer"),
    "cancel_notice_minutes": gettext_lazy("Cancel until … minutes before"),
    "reschedule_notice_minutes": gettext_lazy("Move until … minutes before"),
    "most_reschedules": gettext_lazy("Move at most … times"),
    "late_fee_amount": gettext_lazy("Fee for cancelling later"),
}
HELP: dict[str, Promise] = {
    "slug": gettext_lazy("Part of the booking page's address. Links change with it."),
    "code": gettext_lazy(
        "Like MATH-101. With a code it is a course: with products, bundles and group sessions."
    ),
    "location": gettext_lazy(
        "The address, the number or the link. By telephone, leave it empty to call the customer; "
        "where the customer says, it stays empty."
    ),
    "is_default": gettext_lazy(
        "Booked when a request names no service. There is one; another gives it up."
    ),
    "buffer_before_minutes": gettext_lazy("To prepare; customers do not see it."),
    "buffer_after_minutes": gettext_lazy("To clean up; customers do not see it."),
    "minimum_notice_minutes": gettext_lazy("1440 is a day. How late somebody may book."),
    "horizon_days": gettext_lazy("How early somebody may book."),
    "needs_approval": gettext_lazy("New bookings wait for staff to confirm them."),
    "answer_within_minutes": gettext_lazy(
        "Then a request that nobody answered gives its time back. Empty: it waits for an answer."
    ),
    "limit_per_day": gettext_lazy("Empty: any number."),
    "customer_limit_per_day": gettext_lazy("Empty: any number."),
    "cancel_notice_minutes": gettext_lazy("What customers may do alone. 1440 is a day."),
    "most_reschedules": gettext_lazy("Empty: as often as they like."),
    "late_fee_amount": gettext_lazy(
        "Noted on the booking. Empty: after that moment they cannot cancel alone."
    ),
}
FIELDSETS: Any = [
    (
        None,
        {
            "fields": [
                ("name", "slug"),
                ("price_amount", "code"),
                "description",
                ("location_kind", "location"),
                ("is_active", "is_default"),
            ]
        },
    ),
    (
        gettext_lazy("When it can be booked"),
        {
            "fields": [
                ("durations", "slot_step_minutes"),
                ("buffer_before_minutes", "buffer_after_minutes"),
                ("minimum_notice_minutes", "horizon_days"),
            ]
        },
    ),
    (
        gettext_lazy("By whom it is done"),
        {"fields": ["done_by", "needs", "assignment", "fairness_days"]},
    ),
    (
        gettext_lazy("How it is booked"),
        {
            "fields": [
                "needs_approval",
                "answer_within_minutes",
                ("company_required", "inquiry_required"),
            ]
        },
    ),
    (
        gettext_lazy("How many bookings at most"),
        {
            "classes": ["collapse"],
            "fields": [
                ("limit_per_day", "limit_per_week", "limit_per_month"),
                ("customer_limit_per_day", "customer_limit_per_week", "customer_limit_per_month"),
            ],
        },
    ),
    (
        gettext_lazy("What customers may change alone"),
        {
            "classes": ["collapse"],
            "fields": [
                ("cancel_notice_minutes", "late_fee_amount"),
                ("reschedule_notice_minutes", "most_reschedules"),
            ],
        },
    ),
]
