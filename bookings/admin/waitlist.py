"""The waitlist: who waits for what, since when; somebody who calls; a time offered by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin.drafting import parse_day, parse_moment
from bookings.admin.filters import ServiceFilter
from bookings.admin.history import history_of_entry
from bookings.admin.offering import offer, refusal_of
from bookings.admin.waitlist_form import WaitForm, resource_chosen
from bookings.models import WaitlistEntry
from bookings.selectors.page import choosable_resources
from bookings.selectors.waitlist import positions_of
from bookings.services.answering import leave_waitlist
from bookings.services.waitlist import join_waitlist, offer_by_hand
from core import times
from core.admin.base import HouseAdmin
from core.admin.context import caller_of, desk_of
from core.admin.filters import ChoiceFilter
from core.admin.panels import panels_at
from core.admin.refusals import sentence_of, sentences_by_field
from core.errors import DomainError
from core.ids import uuid7
from core.templatetags.console import render_pill

OPEN = "OPEN"
Status = WaitlistEntry.Status
LOOKS = {
    Status.WAITING: ("amber", "hourglass_empty"),
    Status.OFFERED: ("blue", "mark_email_unread"),
    Status.ACCEPTED: ("green", "check_circle"),
    Status.EXPIRED: ("grey", "timer_off"),
    Status.CANCELLED: ("grey", "logout"),
}


def pill_of(entry: WaitlistEntry) -> SafeString:
    status = Status(entry.status)
    color, icon = LOOKS[status]
    is_a_place = status == Status.OFFERED and entry.group_session_id is not None
    return render_pill(color, icon, _("Offered a place") if is_a_place else str(status.label))


class WaitlistStatusFilter(ChoiceFilter):
    title = gettext_lazy("State")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(OPEN, _("In line")), *Status.choices]

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(status__in=WaitlistEntry.OPEN if value == OPEN else [value])


@admin.register(WaitlistEntry)
class WaitlistEntryAdmin(HouseAdmin):
    """Changed through services only: joined, offered a time, removed."""

    noun = "waitlist"
    list_display = ["who", "what", "wanted", "state", "since"]
    list_filter = [WaitlistStatusFilter, ServiceFilter]
    list_select_related = ("service", "resource", "hold")
    sortable_by = ()
    ordering = ["id"]
    plural = gettext_lazy("Waitlist")
    add_title = gettext_lazy("Add to the waitlist")
    nothing_yet = gettext_lazy("Nobody waits")
    how_to_begin = gettext_lazy(
        "Who finds nothing free on the booking page can wait for a time. Or add who calls."
    )

    def get_urls(self) -> list[URLPattern]:
        views = [("offer", self.offer_view), ("remove", self.remove_view)]
        ours = [
            path(
                f"<uuid:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"bookings_waitlistentry_{name}",
            )
            for name, view in views
        ]
        return [*ours, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """Show who waits for what, what they were offered, and what happened."""
        try:
            entry: WaitlistEntry = self.row(request, UUID(object_id))
        except ValueError as error:
            raise Http404 from error
        return self.page(
            request,
            "admin/bookings/waitlist_entry.html",
            title=_("On the waitlist"),
            entry=entry,
            pill=pill_of(entry),
            session_id=entry.group_session_id,
            window=_when(entry),
            position=positions_of([entry]).get(entry.pk),
            is_open=entry.status in WaitlistEntry.OPEN,
            is_waiting=entry.status == Status.WAITING,
            is_offered=entry.status == Status.OFFERED,
            may_act=self.has_change_permission(request),
            panels=panels_at("waitlist.page", request, entry=entry),
            history=history_of_entry(entry),
            up_url=_list(),
            up_title=_("Waitlist"),
        )

    history_view = change_view

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """Put somebody in line who calls. They get the mail that says so."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = WaitForm(request.POST or None, caller=caller_of(request))
        if request.method == "POST" and form.is_valid():
            try:
                entry = join_waitlist(
                    form.request(desk_of(request)), caller=caller_of(request), entry_id=uuid7()
                )
            except DomainError as error:
                form.take(sentences_by_field(error) or {"": [sentence_of(error)]})
            else:
                self.message_user(request, _("They are on the waitlist, and get a mail about it."))
                return HttpResponseRedirect(_page(entry.pk))
        return self.page(
            request,
            "admin/console/form.html",
            title=_("Add to the waitlist"),
            form=form,
            button=_("Add and tell the customer"),
            status=422 if form.errors else None,
            up_url=_list(),
            up_title=_("Waitlist"),
        )

    def offer_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """Offer a time out of turn; it is kept for them as any offer is."""
        entry = self._to_act_on(request, pk)
        if entry.status != Status.WAITING or entry.group_session_id is not None:
            return HttpResponseRedirect(_page(pk))
        sent = request.POST if request.method == "POST" else request.GET
        caller = caller_of(request)
        theirs = choosable_resources(entry.service)
        resources = [one for one in theirs if caller.has(one.pk)]
        named = resource_chosen(sent.get("resource", ""), resources)
        resource = named if "resource" in sent else entry.resource
        start, refused = parse_moment(request.POST.get("start", "")), ""
        if request.method == "POST":
            if start is None:
                refused = _("Choose a time.")
            else:
                try:
                    offer_by_hand(entry, starts_at=start, resource=resource, caller=caller)
                except DomainError as error:
                    refused = refusal_of(error, start)
                else:
                    said = _("The time is kept for them, and they get a mail with the offer.")
                    self.message_user(request, said)
                    return HttpResponseRedirect(_page(pk))
        first = max(times.local(entry.from_at).date(), times.today())
        day = parse_day(sent.get("day", "")) or first
        found = offer(
            entry.service,
            day,
            zone=desk_of(request).zone,
            minutes=entry.minutes,
            resource_id=resource.pk if resource else None,
            among=caller.only_resources,
        )
        return self.page(
            request,
            "admin/bookings/waitlist_offer.html",
            title=_("Offer a time"),
            status=409 if refused else None,
            entry=entry,
            window=times.stretch(entry.from_at, entry.to_at),
            offer=found,
            day=day,
            day_before=day - timedelta(days=1),
            day_after=day + timedelta(days=1),
            resources=resources,
            resource=resource,
            query=f"resource={resource.pk if resource else ''}",
            start=start,
            refused=refused,
            up_url=_page(pk),
            up_title=entry.name,
        )

    def remove_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """Take somebody out of the line, once asked whether that is meant."""
        entry = self._to_act_on(request, pk)
        if entry.status not in WaitlistEntry.OPEN:
            return HttpResponseRedirect(_page(pk))
        if request.method == "POST":
            self.attempt(
                request,
                lambda: leave_waitlist(entry, caller=caller_of(request)),
                done=_("They are not on the waitlist any more."),
            )
            return HttpResponseRedirect(_page(pk))
        return self.page(
            request,
            "admin/console/confirm.html",
            title=_("Remove from the waitlist"),
            question=_("Take %(name)s out of the line?") % {"name": entry.name},
            consequence=_("What is kept for them goes to the next in line. They get no mail."),
            button=_("Remove"),
            up_url=_page(pk),
            up_title=entry.name,
        )

    def _to_act_on(self, request: HttpRequest, pk: UUID) -> WaitlistEntry:
        if not self.has_change_permission(request):
            raise PermissionDenied
        entry: WaitlistEntry = self.row(request, pk)
        return entry

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        related = ("service__organization", "resource", "hold__resource", "customer", "booking")
        return rows.select_related(*related)

    @admin.display(description=gettext_lazy("Who"))
    def who(self, entry: WaitlistEntry) -> str:
        return entry.name

    @admin.display(description=gettext_lazy("What"))
    def what(self, entry: WaitlistEntry) -> str:
        words = {"service": entry.service.name, "minutes": entry.minutes}
        if entry.resource is None:
            return _("%(service)s, %(minutes)d min") % words
        words["resource"] = entry.resource.name
        if entry.group_session_id is not None:
            return _("%(service)s, a place in the session with %(resource)s") % words
        return _("%(service)s, %(minutes)d min with %(resource)s") % words

    @admin.display(description=gettext_lazy("When"))
    def wanted(self, entry: WaitlistEntry) -> str:
        return _when(entry)

    @admin.display(description=gettext_lazy("State"))
    def state(self, entry: WaitlistEntry) -> SafeString:
        return pill_of(entry)

    @admin.display(description=gettext_lazy("Since"))
    def since(self, entry: WaitlistEntry) -> str:
        return times.moment(entry.created_at)


def _when(entry: WaitlistEntry) -> str:
    """Say between when and when they would come; of a session, when it is."""
    if entry.group_session_id is not None:
        return times.span(entry.from_at, entry.to_at)
    return times.stretch(entry.from_at, entry.to_at)


def _list() -> str:
    return reverse("admin:bookings_waitlistentry_changelist")


def _page(pk: UUID) -> str:
    return reverse("admin:bookings_waitlistentry_change", args=[pk])
