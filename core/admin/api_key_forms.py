"""What is asked when an API key is made or replaced, in words that say what it may do."""

from __future__ import annotations

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from core.admin.organization import OriginsField
from core.models import ApiKey
from core.services.api_key import (
    MOST_PER_MINUTE,
    USUAL_OVERLAP_HOURS,
)

# core.access says it to programs, in English; a test keeps the two alike.
MAY: dict[str, Promise] = {
    "bookings:read": gettext_lazy("Read bookings and the people in them"),
    "bookings:write": gettext_lazy("Book, change and cancel"),
    "bookings:create": gettext_lazy("Book, without reading anybody's bookings"),
    "bookings:overbook": gettext_lazy("Book what is not on offer, with a reason"),
    "holds:write": gettext_lazy("Keep a time for a few minutes"),
    "waitlist:read": gettext_lazy("Read who waits for a time"),
    "waitlist:write": gettext_lazy("Join the waitlist, and leave it"),
    "catalog:read": gettext_lazy("Read services, resources and free times"),
    "catalog:write": gettext_lazy("Change services and resources"),
    "schedules:read": gettext_lazy("Read opening hours and who is off when"),
    "schedules:write": gettext_lazy("Change opening hours, dates and time off"),
    "customers:read": gettext_lazy("Read customers"),
    "customers:write": gettext_lazy("Change customers"),
    "customers:erase": gettext_lazy("Erase customers for good"),
    "deliveries:read": gettext_lazy("See messages and how they ended"),
    "deliveries:write": gettext_lazy("Send messages again"),
    "reminders:read": gettext_lazy("See who is reminded when"),
    "reminders:write": gettext_lazy("Change who is reminded when"),
    "sessions:write": gettext_lazy("Lay out, change and cancel group sessions"),
    "bundles:read": gettext_lazy("Read what customers have paid for in advance"),
    "bundles:write": gettext_lazy("Sell bundles"),
    "bundles:adjust": gettext_lazy("Correct the sessions left of a bundle, with a reason"),
    "keys:read": gettext_lazy("See API keys"),
    "keys:write": gettext_lazy("Make and revoke API keys"),
    "members:read": gettext_lazy("See who works here, and who is invited"),
    "members:write": gettext_lazy("Invite people, change what they may do, remove them"),
    "organization:read": gettext_lazy("See the organization's settings"),
    "organization:write": gettext_lazy("Change the organization's settings"),
    "events:read": gettext_lazy("Read the audit trail"),
    "exports:read": gettext_lazy("Export lists of people"),
    "backup:create": gettext_lazy("Make backups"),
    "backup:restore": gettext_lazy("Restore a backup"),
    "backup:delete": gettext_lazy("Delete backups"),
    "system:status": gettext_lazy("Read health in detail and metrics"),
}

FIELD_OF = {
    "expiresAt": "expires_at",
    "overlapHours": "overlap_hours",
    "requestsPerMinute": "requests_per_minute",
}
OVERLAPS = [
    (0, gettext_lazy("Not at all: it is refused at once")),
    (1, gettext_lazy("An hour")),
    (24, gettext_lazy("A day")),
    (7 * 24, gettext_lazy("A week")),
    (30 * 24, gettext_lazy("30 days")),
]


class RotateForm(forms.Form):
    """For how long the key that is replaced stays good."""

    overlap_hours = forms.ChoiceField(
        label=gettext_lazy("The old key stays good for"),
        choices=OVERLAPS,
        initial=USUAL_OVERLAP_HOURS,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "Until then both work. The new one may do the same, and its text is shown once."
        ),
    )


class ApiKeyForm(forms.Form):
    """What a new key is for. Without scopes it gets all that its kind may have."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("What uses it: “website”, “accounting”."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=ApiKey.Kind.choices,
        initial=ApiKey.Kind.SECRET,
        widget=forms.RadioSelect,
    )
    origins = OriginsField(
        label=gettext_lazy("Websites that it is good on"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "Of a publishable key, one in a line, like https://www.example.com. Empty: everywhere."
        ),
    )
    requests_per_minute = forms.IntegerField(
        label=gettext_lazy("Requests a minute"),
        required=False,
        min_value=1,
        max_value=MOST_PER_MINUTE,
        help_text=gettext_lazy("Empty: as many as the installation allows everybody."),
    )
    expires_at = forms.DateField(
        label=gettext_lazy("Good until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("That day included. Empty: until it is revoked."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("May"),
        choices=list(MAY.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Choose none for everything that its kind may do. What may sit in a browser "
            "can read the services, keep times and book."
        ),
    )
