"""Sending a message again, because a person asks for it."""

from __future__ import annotations

import re

from django.utils import timezone

from core import events
from core.access import Caller
from core.db import in_one_transaction, violation_of
from core.errors import NotFound
from notifications.errors import NobodyToTell, NoLongerTrue, StillOnItsWay
from notifications.models import Content, Delivery
from notifications.selectors.subject import subject_of, version_of
from notifications.services.messages import message_of
from notifications.services.promising import address_for, wake_sender_after_commit
from notifications.services.relevance import why_not
from notifications.services.rendering import render

OPENED_BY_LINK = ("customer_link", "member_invitation", "password_reset")
WAY_IN = re.compile(r"(?:(?<=/my/open/)|(?<=/invitation/)|(?<=/password/reset/))[\w-]+")


@in_one_transaction
def resend_delivery(delivery: Delivery, *, caller: Caller) -> Delivery:
    """Promise the same message once more, to where it would go today; return the new row.

    It says what is so when it leaves, like any other. The old row stays as it is, and the
    new one names it. An address that was corrected since is used.

    Raises StillOnItsWay (the old one, or a repetition of it, waits), NoLongerTrue,
    NobodyToTell, NotFound.
    """
    rows = Delivery.objects.without_content().select_related("event")
    old = rows.select_for_update(of=["self"]).filter(pk=delivery.pk).first()
    if old is None:
        raise NotFound
    if old.status in Delivery.OPEN:
        raise StillOnItsWay
    column, about_id = old.about
    subject = subject_of(old)
    address = address_for(message_of(old), subject, old.event)
    if not address:
        raise NobodyToTell
    again = Delivery(
        organization_id=old.organization_id,
        event=old.event,
        **{f"{column}_id": about_id},
        version=version_of(subject),
        channel=old.channel,
        message=old.message,
        audience=old.audience,
        address=address,
        not_before=timezone.now(),
        resend_of=old,
    )
    if reason := why_not(old, subject, now=timezone.now()):
        raise NoLongerTrue(str(reason.label), why=reason)
    with violation_of("delivery_one_resend_at_a_time", becomes=StillOnItsWay):
        again.save(force_insert=True)
    events.record(
        "delivery.resent",
        again,
        caller=caller,
        booking_id=old.booking_id,
        message=again.message,
        resend_of=old.pk,
    )
    wake_sender_after_commit()
    return again


def why_not_resend(delivery: Delivery) -> str:
    """Say in a sentence why `delivery` cannot be sent again; empty when it can."""
    if delivery.status in Delivery.OPEN:
        return StillOnItsWay.message
    subject = subject_of(delivery)
    if not address_for(message_of(delivery), subject, delivery.event):
        return NobodyToTell.message
    reason = why_not(delivery, subject, now=timezone.now())
    return str(reason.label) if reason else ""


def content_of(delivery: Delivery) -> Content:
    """Return what was sent; of what was not, what it would say if it left now.

    A customer's own way in, or a colleague's, is nobody else's to read.
    """
    content: Content = delivery.content or render(delivery, subject_of(delivery))
    if delivery.about[0] not in OPENED_BY_LINK:
        return content
    return Content(
        subject=content["subject"],
        text=WAY_IN.sub("…", content["text"]),
        html=WAY_IN.sub("…", content["html"]),
    )
