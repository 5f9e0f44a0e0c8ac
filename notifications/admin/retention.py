"""What would be let go today by what the organization keeps, and doing it now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.admin.context import caller_of, desk_of, organization_of
from core.admin.pages import console_page
from core.processing import customers_kept, messages_kept
from notifications.services.retention import Retention, remove_now, what_would_go

SCOPE = "customers:erase"


@console_page("retention/", name="retention")
def retention_page(request: HttpRequest) -> HttpResponseBase:
    """Count what is due, and say when it goes by itself."""
    _require(request)
    organization = organization_of(request)
    due = what_would_go(organization, now=timezone.now())
    context = {
        "title": _("What is kept"),
        "due": due,
        "is_due": bool(due.customers or due.messages),
        "customers_kept": customers_kept(organization),
        "messages_kept": messages_kept(organization),
        "keeps_for_ever": (
            organization.customer_retention_months is None
            and organization.message_retention_days is None
        ),
        "next_run": next_run(timezone.now()),
        "settings_url": reverse("admin:core_organization_changelist"),
        "may_set": desk_of(request).may("organization:write"),
    }
    return _page(request, "admin/notifications/retention.html", context)


@console_page("retention/remove/", name="retention_remove")
def remove_page(request: HttpRequest) -> HttpResponseBase:
    """Ask once more; a POST lets go of what is due."""
    _require(request)
    organization = organization_of(request)
    page = reverse("admin:retention")
    if request.method == "POST":
        done = remove_now(organization, caller=caller_of(request))
        messages.success(request, said_of(done))
        return HttpResponseRedirect(page)
    due = what_would_go(organization, now=timezone.now())
    if not (due.customers or due.messages):
        return HttpResponseRedirect(page)
    context = {
        "title": _("Remove now"),
        "question": counted(due),
        "consequence": _(
            "Names, addresses, notes and what messages said are removed. What was booked stays "
            "for the books. This cannot be undone."
        ),
        "button": _("Remove now"),
        "up_url": page,
        "up_title": _("What is kept"),
    }
    return _page(request, "admin/console/confirm.html", context)


def counted(due: Retention) -> str:
    """Say how many of each are due."""
    customers = ngettext(
        "%(count)d customer is erased", "%(count)d customers are erased", due.customers
    )
    emptied = ngettext(
        "%(count)d message is emptied", "%(count)d messages are emptied", due.messages
    )
    words = {"customers": customers % {"count": due.customers}}
    words["messages"] = emptied % {"count": due.messages}
    return _("%(customers)s, %(messages)s.") % words


def said_of(done: Retention) -> str:
    sentence = _("Done: %(counted)s") % {"counted": counted(done)}
    left = what_would_go(done.organization, now=timezone.now())
    if left.customers or left.messages:
        more = _("There is more: remove again, or leave it to the night.")
        return f"{sentence} {more}"
    return sentence


def next_run(now: datetime) -> datetime:
    """Return when the clock does it by itself: config.settings.queue."""
    hour, minute = settings.RETENTION_AT
    today = now.astimezone(UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def _require(request: HttpRequest) -> None:
    if not desk_of(request).may(SCOPE):
        raise PermissionDenied


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponseBase:
    request.current_app = admin.site.name
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})
