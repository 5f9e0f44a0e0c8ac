"""Bundles in words: how one stands, what it pays, and why a sale or a change is refused."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import BundlePurchase, CreditEntry, Product
from bookings.services.credit import MOST_SESSIONS
from core import times
from core.admin.refusals import say
from core.templatetags.console import render_pill

Status = BundlePurchase.Status
Kind = CreditEntry.Kind
LOOKS = {
    Status.ACTIVE: ("green", "check_circle"),
    Status.USED_UP: ("slate", "done_all"),
    Status.EXPIRED: ("grey", "timer_off"),
}
ENTRY_ICONS = {
    Kind.GRANTED: "shopping_bag",
    Kind.SPENT: "event_available",
    Kind.RETURNED: "undo",
    Kind.EXPIRED: "timer_off",
    Kind.ADJUSTED: "edit",
}

say(
    {
        f"A bundle has 1 to {MOST_SESSIONS} sessions.": gettext_lazy(
            "A bundle has 1 to 1000 sessions."
        ),
        f"Give a number from -{MOST_SESSIONS} to {MOST_SESSIONS}, but not 0.": gettext_lazy(
            "Write a number from -1000 to 1000, but not 0."
        ),
        f"A bundle has at most {MOST_SESSIONS} sessions.": gettext_lazy(
            "A bundle has at most 1000 sessions."
        ),
    }
)


def pill_of(bundle: BundlePurchase) -> SafeString:
    color, icon = LOOKS[bundle.status]
    return render_pill(color, icon, str(bundle.status.label))


def left_of(bundle: BundlePurchase) -> str:
    return _("%(left)d of %(total)d left") % {
        "left": bundle.remaining_sessions,
        "total": bundle.total_sessions,
    }


def validity_of(bundle: BundlePurchase) -> str:
    """Return until when it is valid, and from when if that is still to come."""
    if bundle.valid_from_at > timezone.now():
        return times.stretch(bundle.valid_from_at, bundle.valid_to_at)
    return _("until %(end)s") % {"end": last_moment(bundle.valid_to_at)}


def last_moment(end: datetime) -> str:
    """Return the last day of what ends at midnight, else the moment."""
    local = times.local(end)
    if local.hour == local.minute == 0:
        return times.short_day(times.day_before(local.date()))
    return times.moment(end)


def money(amount: object, currency: str) -> str:
    return f"{amount} {currency}"


def terms_of(product: Product, currency: str) -> str:
    """Return what a product costs, holds, and how long it is valid, as far as it says."""
    words = [money(product.price_amount, currency)]
    if product.sessions is not None:
        words.append(_("%(count)d sessions") % {"count": product.sessions})
    if product.valid_days is not None:
        words.append(_("valid for %(days)d days") % {"days": product.valid_days})
    return ", ".join(words)
