"""Changing what a new service starts with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from bookings.models import BookingDefaults
from bookings.selectors.defaults import booking_defaults_of
from bookings.services.service import PATHS, wrong_with_durations
from core import events
from core.access import Caller
from core.db import in_one_transaction
from core.errors import Invalid
from core.models import Organization
from core.text import camel_case


@in_one_transaction
def set_booking_defaults(
    organization: Organization, columns: Mapping[str, Any], *, caller: Caller
) -> BookingDefaults:
    """Let new services start with these: columns of BookingRules by name; others stay.

    Services that are there keep their rules. Records booking_defaults.updated with the names of
    what changed. Raises Invalid.
    """
    # One at a time: a row that somebody else is making could not be locked.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    defaults = booking_defaults_of(organization.pk)
    changed = [name for name, value in columns.items() if getattr(defaults, name) != value]
    for name in changed:
        setattr(defaults, name, columns[name])
    wrong: dict[str, list[str]] = {}
    try:
        defaults.clean_fields(exclude=["organization"])
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            wrong[PATHS.get(name, camel_case(name))] = messages
    if sentence := wrong_with_durations(defaults.durations):
        wrong.setdefault("durations", [sentence])
    if wrong:
        raise Invalid(fields=wrong)
    if changed:
        defaults.save()
        fields = sorted(changed)
        events.record("booking_defaults.updated", defaults, caller=caller, fields=fields)
    return defaults
