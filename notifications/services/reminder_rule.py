"""Who is to be reminded how long before. The bookings ahead follow: see `handlers`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from core import events
from core.access import Caller
from core.db import in_one_transaction, require_transaction, violation_of
from core.errors import NotFound
from notifications.errors import ReminderExists
from notifications.models import Delivery, ReminderRule

USUAL_NOTICE = timedelta(hours=24)


@in_one_transaction
def create_reminder_rule(rule: ReminderRule, *, caller: Caller) -> ReminderRule:
    """Remind from now on, of bookings ahead too. Raises ReminderExists."""
    return add(rule, caller=caller)


@in_one_transaction
def update_reminder_rule(
    rule: ReminderRule, changes: Mapping[str, Any], *, caller: Caller
) -> ReminderRule:
    """Change columns of a rule. What is the same already is no change.

    Raises ReminderExists, NotFound.
    """
    rule = _locked(rule)
    fields = [name for name, value in changes.items() if getattr(rule, name) != value]
    for name in fields:
        setattr(rule, name, changes[name])
    return change(rule, fields=fields, caller=caller) if fields else rule


@in_one_transaction
def delete_reminder_rule(rule: ReminderRule, *, caller: Caller) -> None:
    """Take a rule away, with the reminders that are laid out by it. Raises NotFound."""
    remove(_locked(rule), caller=caller)


def begin_with_usual_rule(organization_id: UUID, *, caller: Caller) -> None:
    """Let a new organization remind its customers a day before; nothing if it has rules."""
    if ReminderRule.objects.for_organization(organization_id).exists():
        return
    minutes = int(USUAL_NOTICE.total_seconds() // 60)
    rule = ReminderRule(
        organization_id=organization_id,
        minutes_before=minutes,
        audience=Delivery.Audience.CUSTOMER,
    )
    add(rule, caller=caller)


def add(rule: ReminderRule, *, caller: Caller) -> ReminderRule:
    """Insert a rule in the open transaction and record it. Raises ReminderExists."""
    require_transaction()
    with violation_of("reminder_rule_is_unique", becomes=ReminderExists):
        rule.save(force_insert=True)
    events.record("reminder_rule.created", rule, caller=caller, service_id=rule.service_id)
    return rule


def change(rule: ReminderRule, *, fields: list[str], caller: Caller) -> ReminderRule:
    """Save `fields` of a rule in the open transaction and record it. Raises ReminderExists."""
    require_transaction()
    with violation_of("reminder_rule_is_unique", becomes=ReminderExists):
        rule.save(update_fields=[*fields, "updated_at"])
    events.record(
        "reminder_rule.updated", rule, caller=caller, service_id=rule.service_id, fields=fields
    )
    return rule


def remove(rule: ReminderRule, *, caller: Caller) -> None:
    """Delete a rule in the open transaction and record it."""
    require_transaction()
    events.record("reminder_rule.deleted", rule, caller=caller, service_id=rule.service_id)
    rule.delete()


def _locked(rule: ReminderRule) -> ReminderRule:
    fresh = ReminderRule.objects.select_for_update().order_by().filter(pk=rule.pk).first()
    if fresh is None:
        raise NotFound
    return fresh
