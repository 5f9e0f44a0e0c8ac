"""Bookings: found, seen with all that happened to them, and changed through the services."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin import acting, exporting, making, moving, series, swapping
from bookings.admin.assignment import takes_besides, why_with
from bookings.admin.filters import (
    DayFilter,
    ResourceFilter,
    ServiceFilter,
    StatusFilter,
    shown_days,
)
from bookings.admin.history import history_of
from bookings.admin.paying import payment_of
from bookings.models import Booking
from bookings.selectors.booking import search
from bookings.services.status import cancel_booking, complete_booking, confirm_booking, mark_no_show
from bookings.templatetags.booking_console import status_pill
from core import times
from core.admin.base import HouseAdmin
from core.admin.panels import panels_at
from core.api.throttling import limited
from core.rates import RateClass

Status = Booking.Status


@admin.register(Booking)
class BookingAdmin(HouseAdmin):
    """Staff look here and act here; a status is never typed, and nothing is ever deleted."""

    noun = "bookings"
    finds_people = "bookings"
    list_display = [
        "when",
        "customer_name",
        "service_name",
        "with_whom",
        "state",
        "telephone",
        "ref",
    ]
    list_display_links = ["when", "customer_name"]
    list_filter = [DayFilter, StatusFilter, ServiceFilter, ResourceFilter]
    list_select_related = ["service", "resource"]
    list_before_template = "admin/bookings/list_head.html"
    search_fields = ["reference"]  # that there is a search; what it finds: get_search_results
    sortable_by = ["when"]
    actions = ["confirm_them", "complete_them", "mark_them_no_show", "swap_them", "cancel_them"]
    plural = gettext_lazy("Bookings")
    add_title = gettext_lazy("New booking")
    nothing_yet = gettext_lazy("No bookings yet")
    how_to_begin = gettext_lazy("They appear here as customers book, or with “New booking”.")

    # --- the list --------------------------------------------------------------------------

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """What begins first stands first; of what is past, what was last."""
        past = request.GET.get("days") == "past"
        return ("-starts_at", "-id") if past else ("starts_at", "id")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Booking], search_term: str
    ) -> tuple[QuerySet[Booking], bool]:
        """Find by reference, exact e-mail or phone, or the beginning of a name."""
        return (search(queryset, search_term) if search_term else queryset), False

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
                "export_formats": exporting.formats_for(request),
                **(extra_context or {}),
            },
        )

    @admin.display(description=gettext_lazy("When"), ordering="starts_at")
    def when(self, booking: Booking) -> str:
        return times.span(booking.starts_at, booking.ends_at)

    @admin.display(description=gettext_lazy("Customer"))
    def customer_name(self, booking: Booking) -> str:
        return booking.name

    @admin.display(description=gettext_lazy("Service"))
    def service_name(self, booking: Booking) -> str:
        if booking.group_session_id is None:
            return booking.service.name
        page = reverse("admin:bookings_groupsession_change", args=[booking.group_session_id])
        link = format_html('<a class="hf-link" href="{}">{}</a>', page, _("Group session"))
        return format_html("{} · {}", booking.service.name, link)

    @admin.display(description=gettext_lazy("With"))
    def with_whom(self, booking: Booking) -> str:
        return booking.resource.name

    @admin.display(description=gettext_lazy("Status"))
    def state(self, booking: Booking) -> SafeString:
        return status_pill(booking.status)

    @admin.display(description=gettext_lazy("Phone"), empty_value="")
    def telephone(self, booking: Booking) -> str:
        return booking.phone

    @admin.display(description=gettext_lazy("Reference"))
    def ref(self, booking: Booking) -> str:
        return booking.reference

    # --- many at once ----------------------------------------------------------------------

    @admin.action(
        description=gettext_lazy("Confirm and tell the customers"), permissions=["change"]
    )
    def confirm_them(self, request: HttpRequest, queryset: QuerySet[Booking]) -> None:
        self.for_each(request, queryset, confirm_booking)

    @admin.action(description=gettext_lazy("Mark as completed"), permissions=["change"])
    def complete_them(self, request: HttpRequest, queryset: QuerySet[Booking]) -> None:
        self.for_each(request, queryset, complete_booking)

    @admin.action(description=gettext_lazy("Mark as no-show"), permissions=["change"])
    def mark_them_no_show(self, request: HttpRequest, queryset: QuerySet[Booking]) -> None:
        self.for_each(request, queryset, mark_no_show)

    @admin.action(description=gettext_lazy("Cancel and tell the customers"), permissions=["change"])
    def cancel_them(
        self, request: HttpRequest, queryset: QuerySet[Booking]
    ) -> HttpResponseBase | None:
        """Ask once more, with the reason; then each through the service."""
        if "reason" in request.POST:
            reason = request.POST["reason"].replace("\0", "").strip()[: acting.LONGEST_REASON]
            self.for_each(request, queryset, cancel_booking, reason=reason)
            return None
        return self.page(
            request,
            "admin/bookings/cancel_many.html",
            title=_("Cancel bookings"),
            bookings=list(queryset),
            reasons=acting.REASONS,
            longest_reason=acting.LONGEST_REASON,
            up_url=request.get_full_path(),
            up_title=_("Bookings"),
        )

    @admin.action(description=gettext_lazy("Swap two"), permissions=["change"])
    def swap_them(
        self, request: HttpRequest, queryset: QuerySet[Booking]
    ) -> HttpResponseBase | None:
        """Ask once more what two bookings will change."""
        chosen = list(queryset[:3])
        if len(chosen) != 2 or not all(acting.has_its_own_time(one) for one in chosen):
            sentence = _("Choose two bookings that are not over, and no place in a session.")
            self.message_user(request, sentence, messages.WARNING)
            return None
        return HttpResponseRedirect(swapping.page_for(*chosen))

    # --- one -------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        ours: list[tuple[str, str, Callable[..., HttpResponseBase]]] = [
            ("export/", "export", limited(RateClass.STRICT)(partial(exporting.export, self))),
            ("<uuid:pk>/cancel/", "cancel", partial(acting.cancel, self)),
            ("<uuid:pk>/reschedule/", "reschedule", partial(moving.reschedule, self)),
            ("<uuid:pk>/swap/", "swap", partial(swapping.swap, self)),
            ("<uuid:pk>/repeat/", "repeat", partial(series.repeat, self)),
            ("<uuid:pk>/series/cancel/", "cancel-series", partial(series.cancel_several, self)),
            ("<uuid:pk>/series/confirm/", "confirm-series", partial(series.confirm_several, self)),
            ("<uuid:pk>/renew-link/", "renew-link", partial(acting.renew_link, self)),
            *(
                (f"<uuid:pk>/{change}/", change, partial(acting.change_status, self, change=change))
                for change in acting.CHANGES
            ),
        ]
        views = [
            path(route, self.admin_site.admin_view(view), name=f"bookings_booking_{name}")
            for route, name, view in ours
        ]
        return [*views, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """A page of its own: Django's form would open a transaction around the service's."""
        return making.new_booking(self, request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponseBase:
        """Show everything about one booking, and what can be done with it now."""
        booking = self.booking_page_row(request, object_id)
        may_change = self.has_change_permission(request)
        allowed = Booking.TRANSITIONS[Status(booking.status)] if may_change else frozenset()
        return self.page(
            request,
            "admin/bookings/booking.html",
            title=booking.reference,
            booking=booking,
            may_change=may_change,
            may_move=may_change and acting.has_its_own_time(booking),
            has_begun=booking.starts_at <= timezone.now(),
            can={status.name: status in allowed for status in Status},
            fee_currency=booking.price_currency or booking.service.organization.currency,
            history=history_of(booking),
            why_with=why_with(booking),
            besides=takes_besides(booking),
            payment=payment_of(booking),
            panels=panels_at("booking.page", request, booking=booking),
            elsewhere=booking.timezone != self._zone_here(booking),
            up_url=reverse("admin:bookings_booking_changelist"),
            up_title=_("Bookings"),
        )

    history_view = change_view  # the history is on the page

    def booking_page_row(self, request: HttpRequest, object_id: str) -> Booking:
        try:
            pk = UUID(object_id)
        except (ValueError, ValidationError) as error:
            raise Http404 from error
        booking: Booking = self.row(request, pk)
        return booking

    def row(self, request: HttpRequest, pk: UUID) -> Booking:
        found: Booking = super().row(request, pk)
        return found

    def get_queryset(self, request: HttpRequest) -> QuerySet[Booking]:
        rows = cast("QuerySet[Booking]", super().get_queryset(request))
        return rows.select_related("service__organization", "resource", "group_session")

    def _zone_here(self, booking: Booking) -> str:
        return booking.service.organization.timezone
