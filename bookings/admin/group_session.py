"""Group sessions: found, seen with everybody in them, and changed through the services."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from bookings.admin import attendance, session_changing, session_joining
from bookings.admin.filters import (
    DayFilter,
    OfCourseFilter,
    ResourceFilter,
    SessionStatusFilter,
    shown_days,
)
from bookings.admin.history import history_of_session
from bookings.admin.session_words import has_no_place, is_ahead, list_of_sessions
from bookings.admin.waitlist import pill_of
from bookings.models import Booking, GroupSession
from bookings.selectors.attendees import attendees_of, left_of, waiting_of
from bookings.templatetags.booking_console import places, session_pill
from core import times
from core.admin.base import HouseAdmin
from core.admin.context import desk_of
from core.admin.panels import panels_at


@admin.register(GroupSession)
class GroupSessionAdmin(HouseAdmin):
    """Who may read bookings sees sessions with the people in them; who may lay out sessions
    changes them; who may book puts people in and marks who came.
    """

    list_display = ["when", "course", "with_whom", "places_taken", "price", "state"]
    list_filter = [DayFilter, OfCourseFilter, ResourceFilter, SessionStatusFilter]
    list_before_template = "admin/bookings/sessions_head.html"
    sortable_by = ["when"]
    plural = gettext_lazy("Group sessions")
    add_title = gettext_lazy("New group session")
    nothing_yet = gettext_lazy("No group sessions yet")
    how_to_begin = gettext_lazy("Lay one out here, or a whole row of them with a weekly session.")

    # --- who may ---------------------------------------------------------------------------

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return desk_of(request).may("bookings:read")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return desk_of(request).may("sessions:write")

    has_add_permission = has_change_permission

    # --- the list --------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[GroupSession]:
        rows = cast("QuerySet[GroupSession]", super().get_queryset(request))
        return rows.select_related("service__organization", "resource", "template")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        past = request.GET.get("days") == "past"
        return ("-starts_at", "-id") if past else ("starts_at", "id")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        today = times.today()
        return super().changelist_view(
            request,
            {
                **shown_days(request),
                "today": today,
                "tomorrow": times.day_after(today),
                **(extra_context or {}),
            },
        )

    @admin.display(description=gettext_lazy("When"), ordering="starts_at")
    def when(self, session: GroupSession) -> str:
        return times.span(session.starts_at, session.ends_at)

    @admin.display(description=gettext_lazy("Course"))
    def course(self, session: GroupSession) -> str:
        return session.service.name

    @admin.display(description=gettext_lazy("With"))
    def with_whom(self, session: GroupSession) -> str:
        return session.resource.name

    @admin.display(description=gettext_lazy("Places taken"))
    def places_taken(self, session: GroupSession) -> str:
        return places(session)

    @admin.display(description=gettext_lazy("Price"))
    def price(self, session: GroupSession) -> str:
        return f"{session.price_amount} {session.price_currency}"

    @admin.display(description=gettext_lazy("State"))
    def state(self, session: GroupSession) -> SafeString:
        return session_pill(session)

    # --- one -------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        ours: list[tuple[str, Callable[..., HttpResponseBase]]] = [
            ("join", session_joining.add_somebody),
            ("edit", session_changing.change),
            ("cancel", session_changing.cancel),
            ("attendance", attendance.mark),
            ("list", attendance.attendance_list),
        ]
        views = [
            path(
                f"<uuid:pk>/{name}/",
                self.admin_site.admin_view(partial(view, self)),
                name=f"bookings_groupsession_{name}",
            )
            for name, view in ours
        ]
        return [*views, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        return session_changing.lay_out_one(self, request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """Show a session with who comes, who waits and what happened, and what can be done now."""
        try:
            session = self.row(request, UUID(object_id))
        except ValueError as error:
            raise Http404 from error
        desk = desk_of(request)
        attendees = attendees_of(session)
        may_book = desk.may("bookings:write")
        has_begun = session.starts_at <= timezone.now() and session.cancelled_at is None
        return self.page(
            request,
            "admin/bookings/group_session.html",
            title=session.service.name,
            session=session,
            share=round((session.taken + session.held) / session.capacity * 100),
            attendees=attendees,
            gone=left_of(session),
            waits=[(one, pill_of(one)) for one in waiting_of(session)]
            if desk.may("waitlist:read")
            else [],
            may_join=may_book and is_ahead(session),
            is_full=has_no_place(session),
            may_plan=desk.may("sessions:write") and is_ahead(session),
            may_mark=may_book
            and has_begun
            and any(one.status == Booking.Status.CONFIRMED for one in attendees),
            panels=panels_at("session.page", request, session=session),
            history=history_of_session(session),
            up_url=list_of_sessions(),
            up_title=self.plural,
        )

    history_view = change_view

    def row(self, request: HttpRequest, pk: UUID) -> GroupSession:
        found: GroupSession = super().row(request, pk)
        return found

    def may_plan(self, request: HttpRequest, pk: UUID) -> GroupSession:
        """Return a session to be changed. Raises PermissionDenied, Http404."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        return self.row(request, pk)

    def may_book(self, request: HttpRequest, pk: UUID) -> GroupSession:
        """Return a session whose people are to be changed. Raises PermissionDenied, Http404."""
        if not desk_of(request).may("bookings:write"):
            raise PermissionDenied
        return self.row(request, pk)
