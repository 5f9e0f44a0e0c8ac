"""The record of processing activities (GDPR, Art. 30): what is kept of whom, why, and for how long.

Each app says what its columns are kept for, beside its models; a test refuses a personal column
without a purpose. What else the record says is read from settings and from the organization.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.fields import Encrypted
from core.models import Organization

Text = str | Promise
Kept = Callable[[Organization], str]


@dataclass(frozen=True)
class Data:
    """One kind of data: what it is in words, and the columns in which it stands."""

    name: Text
    model: str
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Activity:
    """One purpose for which data is kept, of whom, and on which ground (GDPR, Art. 6).

    `kept` says for how long, as the organization has set it. `recipients` are who else gets it.
    """

    key: str
    purpose: Text
    people: Text
    ground: Text
    data: tuple[Data, ...]
    kept: Kept
    recipients: tuple[Callable[[], str], ...] = field(default=())


CONTRACT = gettext_lazy("Contract, and steps before one (Art. 6 (1) b)")
INTEREST = gettext_lazy("Legitimate interest (Art. 6 (1) f)")
DUTY = gettext_lazy("Legal obligation (Art. 6 (1) c)")
CUSTOMERS, STAFF = gettext_lazy("Customers"), gettext_lazy("Staff")

_activities: dict[str, Activity] = {}


def register(*activities: Activity) -> None:
    _activities.update({activity.key: activity for activity in activities})


def activities() -> Iterable[Activity]:
    return _activities.values()


def customers_kept(organization: Organization) -> str:
    """Say how long customers are kept."""
    months = organization.customer_retention_months
    if months is None:
        return _("Until they are erased: no time is set")
    sentence = ngettext(
        "%(count)d month after they were here last", "%(count)d months after they were here last",
        months,
    )  # fmt: skip
    return sentence % {"count": months}


def messages_kept(organization: Organization) -> str:
    days = organization.message_retention_days
    if days is None:
        return _("As long as the customer: no time of their own is set")
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def processing_record(organization: Organization, *, now: datetime) -> dict[str, Any]:
    """Return the record of one organization as plain values, in the active language."""
    return {
        "organization": {
            "name": organization.name,
            "slug": organization.slug,
            "contact": organization.contact_email or organization.admin_email,
        },
        "asOf": now,
        "activities": [_told(activity, organization) for activity in activities()],
        "measures": _measures(organization),
    }


def _told(activity: Activity, organization: Organization) -> dict[str, Any]:
    return {
        "key": activity.key,
        "purpose": str(activity.purpose),
        "people": str(activity.people),
        "ground": str(activity.ground),
        "data": [
            {
                "name": str(one.name),
                "table": apps.get_model(one.model)._meta.db_table,
                "columns": list(one.columns),
                "isEncrypted": is_encrypted(one),
            }
            for one in activity.data
        ],
        "kept": activity.kept(organization),
        "recipients": [told for recipient in activity.recipients if (told := recipient())],
    }


def is_encrypted(data: Data) -> bool:
    """Say whether nobody reads any of it in the database without the key."""
    return _encrypted_columns(data) == len(data.columns)


def _encrypted_columns(data: Data) -> int:
    model = apps.get_model(data.model)
    return sum(isinstance(model._meta.get_field(name), Encrypted) for name in data.columns)


def _all_data() -> Iterable[Data]:
    return (one for activity in activities() for one in activity.data)


def mail_server() -> str:
    """Name who carries mails away."""
    if settings.EMAIL_PROVIDER != "smtp":
        return _("Mail provider: %(name)s") % {"name": settings.EMAIL_PROVIDER}
    how = _("encrypted") if settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL else _("in clear")
    return _("Mail server: %(host)s, %(how)s") % {"host": settings.EMAIL_HOST, "how": how}


def _measures(organization: Organization) -> list[str]:
    """Return what protects the data, as it is set up at this moment (Art. 32)."""
    found = [
        _("%(count)d columns with names, addresses and texts are encrypted (AES-256-GCM).")
        % {"count": sum(_encrypted_columns(one) for one in _all_data())},
        _("They are found by keyed digests (HMAC-SHA256), which tell nothing."),
        _("Passwords are kept as Argon2 digests; keys and tokens as digests or not at all.")
        if "Argon2" in settings.PASSWORD_HASHERS[0]
        else "",
        _("Everybody signs in with a second factor.")
        if organization.requires_second_factor
        else _("A second factor can be set up, and is not required."),
        _("Browsers come by HTTPS alone.") if settings.SECURE_SSL_REDIRECT else "",
        _("Roles say who may do what, and no organization sees another's rows."),
        _("What was done, by whom and when, is an audit trail that is sealed and only added to."),
        _("Log lines name no customer."),
        _("Errors are reported to a Sentry service, without what was typed.")
        if settings.SENTRY_DSN
        else "",
    ]
    return [sentence for sentence in found if sentence]
