"""What went wrong, as the start page tells it."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from core.admin.context import desk_of, organization_of
from core.admin.panels import panel
from core.models import Outbox
from core.services.exposure import exposed_keys

OVERDUE_AFTER = timedelta(minutes=1)
COUNTED_UP_TO = 1000


@dataclass(frozen=True)
class Trouble:
    """Something that somebody should look at. `url` lists exactly what `count` counts."""

    count: int
    sentence: str
    url: str = ""


@panel("console.trouble")
def overdue_events(request: HttpRequest) -> Trouble | None:
    """Events that nobody has heard of after a minute: the worker does not run, or cannot."""
    if not desk_of(request).may("bookings:read"):
        return None
    rows = Outbox.objects.filter(
        event__organization=organization_of(request).pk,
        created_at__lt=timezone.now() - OVERDUE_AFTER,
    )
    count = rows[:COUNTED_UP_TO].count()
    if not count:
        return None
    sentence = ngettext(
        "%(count)d change has waited for more than a minute: its messages are late. "
        "Is the worker running?",
        "%(count)d changes have waited for more than a minute: their messages are late. "
        "Is the worker running?",
        count,
    )
    return Trouble(count, sentence % {"count": count})


@panel("console.trouble")
def keys_in_addresses(request: HttpRequest) -> Trouble | None:
    if not desk_of(request).may("keys:read"):
        return None
    count = exposed_keys(organization_of(request).pk).count()
    if not count:
        return None
    sentence = ngettext(
        "%(count)d secret API key was sent in an address, which is logged on its way. Replace it.",
        "%(count)d secret API keys were sent in an address, which is logged on its way. "
        "Replace them.",
        count,
    )
    page = reverse("admin:core_apikey_changelist")
    return Trouble(count, sentence % {"count": count}, page)
