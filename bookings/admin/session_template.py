"""Sessions that take place every week: what is laid out of them, what is skipped and why."""

from __future__ import annotations

from functools import partial
from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.admin import template_changing
from bookings.admin.filters import OfCourseFilter, ResourceFilter, RunningFilter
from bookings.admin.history import history_of_session
from bookings.admin.session_words import list_of_templates, page_of_template, when_of
from bookings.models import GroupSessionTemplate
from bookings.selectors.session_templates import sessions_ahead, with_next
from bookings.services.laying_out import Skipped, conflicts_of
from core import times
from core.admin.base import HouseAdmin
from core.admin.context import desk_of
from core.admin.refusals import SENTENCES
from core.templatetags.console import render_pill


@admin.register(GroupSessionTemplate)
class GroupSessionTemplateAdmin(HouseAdmin):
    """Written through services only, which lay out what is missing at once."""

    noun = "sessions"
    list_display = ["course", "when", "with_whom", "places", "price", "next_one", "state"]
    list_filter = [OfCourseFilter, ResourceFilter, RunningFilter]
    sortable_by = ()
    ordering = ["service__name", "weekday", "starts_at_time", "id"]
    plural = gettext_lazy("Weekly sessions")
    add_title = gettext_lazy("New weekly session")
    nothing_yet = gettext_lazy("Nothing takes place every week")
    how_to_begin = gettext_lazy(
        "Say once on which day and when, and its sessions are laid out weeks ahead."
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return desk_of(request).may("catalog:read")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(template_changing.cancel_all, self))
        name = "bookings_groupsessiontemplate_cancel"
        return [path("<uuid:pk>/cancel/", view, name=name), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[GroupSessionTemplate]:
        rows = cast("QuerySet[GroupSessionTemplate]", super().get_queryset(request))
        rows = rows.select_related("service__organization", "resource")
        return with_next(rows, now=timezone.now())

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        return template_changing.make(self, request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """Show what is laid out of it and what is not, beside the form that changes it."""
        try:
            template = self.row(request, UUID(object_id))
        except ValueError as error:
            raise Http404 from error
        form = template_changing.form_for(template, request)
        if request.method == "POST":
            if not self.has_change_permission(request):
                raise PermissionDenied
            if template_changing.save(self, request, template, form):
                return HttpResponseRedirect(page_of_template(template))
        now = timezone.now()
        ahead = sessions_ahead(template, now=now)
        return self.page(
            request,
            "admin/bookings/session_template.html",
            title=when_of(template),
            weekly=template,
            when=when_of(template),
            pill=_pill(template),
            form=form,
            may_plan=self.has_change_permission(request),
            may_look=desk_of(request).may("bookings:read"),
            ahead=ahead,
            is_ahead=any(session.cancelled_at is None for session in ahead),
            skipped=[(one, _why(one)) for one in conflicts_of(template, now)],
            history=history_of_session(template),
            status=422 if form.errors else None,
            up_url=list_of_templates(),
            up_title=self.plural,
        )

    history_view = change_view

    def row(self, request: HttpRequest, pk: UUID) -> GroupSessionTemplate:
        found: GroupSessionTemplate = super().row(request, pk)
        return found

    @admin.display(description=gettext_lazy("Course"))
    def course(self, template: GroupSessionTemplate) -> str:
        return template.service.name

    @admin.display(description=gettext_lazy("When"))
    def when(self, template: GroupSessionTemplate) -> str:
        return when_of(template)

    @admin.display(description=gettext_lazy("With"))
    def with_whom(self, template: GroupSessionTemplate) -> str:
        return template.resource.name

    @admin.display(description=gettext_lazy("Places"))
    def places(self, template: GroupSessionTemplate) -> str:
        sentence = ngettext("%(count)d place", "%(count)d places", template.capacity)
        return sentence % {"count": template.capacity}

    @admin.display(description=gettext_lazy("Price"))
    def price(self, template: GroupSessionTemplate) -> str:
        return f"{template.price_amount} {template.service.organization.currency}"

    @admin.display(description=gettext_lazy("Next"), empty_value="–")
    def next_one(self, template: GroupSessionTemplate) -> str | None:
        next_at = cast("Any", template).next_at
        return times.moment(next_at) if next_at else None

    @admin.display(description=gettext_lazy("State"))
    def state(self, template: GroupSessionTemplate) -> SafeString:
        return _pill(template)


def _pill(template: GroupSessionTemplate) -> SafeString:
    if template.is_active:
        return render_pill("green", "event_repeat", _("Every week"))
    return render_pill("grey", "event_busy", _("Stopped"))


def _why(skipped: Skipped) -> str:
    return str(SENTENCES.get(skipped.reason, skipped.message))
