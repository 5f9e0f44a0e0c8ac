"""Messages: to whom, what became of them, what they said, and sending one again."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import times
from core.access import Caller
from core.admin.base import HouseAdmin
from core.admin.context import caller_of, desk_of, organization_of
from core.admin.filters import ChoiceFilter
from core.admin.refusals import say
from notifications.admin.wording import about_of, delivery_pill, explain, label_of
from notifications.models import Delivery
from notifications.selectors.booking import booking_for_mail
from notifications.selectors.delivery import is_to_whom, went_wrong
from notifications.services.messages import MESSAGES
from notifications.services.rendering import preview
from notifications.services.resending import content_of, resend_delivery, why_not_resend

LOOKED_BACK = timedelta(days=30)  # of what went wrong; older than that helps nobody any more
WENT_WRONG = "WENT_WRONG"
say(
    {
        "STILL_ON_ITS_WAY": gettext_lazy("This message is still on its way."),
        "NO_LONGER_TRUE": gettext_lazy(
            "This message would no longer be true, so it is not sent again."
        ),
        "NO_ADDRESS": gettext_lazy("There is no address to send this to."),
    }
)


def went_wrong_lately(caller: Caller) -> QuerySet[Delivery]:
    """Return what failed or bounced in the last thirty days and was not sent again since."""
    wrong = went_wrong(caller.organization_id, since=timezone.now() - LOOKED_BACK)
    return wrong.for_caller(caller)


class DeliveryStatusFilter(ChoiceFilter):
    title = gettext_lazy("State")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(WENT_WRONG, _("Went wrong lately")), *Delivery.Status.choices]

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value != WENT_WRONG:
            return queryset.filter(status=value)
        wrong = went_wrong_lately(caller_of(self.request))
        return queryset.filter(pk__in=wrong.values("pk"))

    def __init__(self, request: HttpRequest, *arguments: Any) -> None:
        self.request = request
        super().__init__(request, *arguments)


class AudienceFilter(ChoiceFilter):
    title = gettext_lazy("To")
    parameter_name = "audience"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Delivery.Audience.choices)


@admin.register(Delivery)
class DeliveryAdmin(HouseAdmin):
    """Read, and sent again through the service. Nothing here is typed."""

    noun = "deliveries"
    finds_people = "deliveries"
    list_display = ["promised", "what", "recipient", "state", "tries", "about"]
    list_display_links = ["promised", "what"]
    list_filter = [DeliveryStatusFilter, AudienceFilter]
    search_fields = ["id"]  # that there is a search; what it finds: get_search_results
    sortable_by = ()
    ordering = ["-id"]
    actions = ["send_again"]
    plural = gettext_lazy("Messages")
    nothing_yet = gettext_lazy("No messages yet")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        rows: Any = super().get_queryset(request)
        return rows.without_content().annotate(
            reference=F("booking__reference"), customer_id=F("customer_link__customer")
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[QuerySet[Delivery], bool]:
        """Find by what a booking or a customer is found by."""
        if not search_term:
            return queryset, False
        return queryset.filter(is_to_whom(organization_of(request).pk, search_term)), False

    def get_urls(self) -> list[URLPattern]:
        views = [
            ("<uuid:pk>/again/", "again", partial(self.send_one_again)),
            ("preview/<uuid:pk>/<slug:message>/", "preview", partial(self.preview_view)),
        ]
        ours = [
            path(route, self.admin_site.admin_view(view), name=f"notifications_delivery_{name}")
            for route, name, view in views
        ]
        return [*ours, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """Show what was sent, to whom, how it ended, and what can be done."""
        try:
            delivery: Delivery = self.row(request, UUID(object_id))
        except ValueError as error:
            raise Http404 from error
        may_send = self.has_change_permission(request)
        return self.page(
            request,
            "admin/notifications/delivery.html",
            title=label_of(delivery.message),
            delivery=delivery,
            about=about_of(delivery),
            pill=delivery_pill(delivery),
            said=explain(delivery),
            content=content_of(delivery),
            was_sent=delivery.sent_at is not None,
            again=Delivery.objects.filter(resend_of=delivery).without_content().first(),
            may_send=may_send,
            why_not=why_not_resend(delivery) if may_send else "",
            up_url=reverse("admin:notifications_delivery_changelist"),
            up_title=_("Messages"),
        )

    history_view = change_view

    def send_one_again(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request):
            raise PermissionDenied
        delivery: Delivery = self.row(request, pk)
        self.attempt(
            request,
            lambda: resend_delivery(delivery, caller=caller_of(request)),
            done=_("It is on its way again."),
        )
        return HttpResponseRedirect(reverse("admin:notifications_delivery_change", args=[pk]))

    def preview_view(self, request: HttpRequest, pk: UUID, message: str) -> HttpResponseBase:
        """Show what a message would say about a booking, before anything is done."""
        may_read = self.has_view_permission(request) and desk_of(request).may("bookings:read")
        if not may_read:
            raise PermissionDenied
        booking = booking_for_mail().for_caller(caller_of(request)).filter(pk=pk).first()
        if booking is None or message not in MESSAGES or MESSAGES[message].about != "booking":
            raise Http404
        return self.page(
            request,
            "admin/notifications/preview.html",
            title=label_of(message),
            content=preview(message, booking),
            up_url=reverse("admin:bookings_booking_change", args=[pk]),
            up_title=booking.reference,
        )

    @admin.action(description=gettext_lazy("Send again"), permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        self.for_each(request, queryset, resend_delivery)

    @admin.display(description=gettext_lazy("Promised"))
    def promised(self, delivery: Delivery) -> str:
        return times.moment(delivery.created_at)

    @admin.display(description=gettext_lazy("Message"))
    def what(self, delivery: Delivery) -> str:
        return label_of(delivery.message)

    @admin.display(description=gettext_lazy("To"))
    def recipient(self, delivery: Delivery) -> str:
        return delivery.address

    @admin.display(description=gettext_lazy("State"))
    def state(self, delivery: Delivery) -> SafeString:
        return delivery_pill(delivery)

    @admin.display(description=gettext_lazy("Tries"))
    def tries(self, delivery: Delivery) -> int:
        return delivery.attempts

    @admin.display(description=gettext_lazy("About"))
    def about(self, delivery: Any) -> str:
        return about_of(delivery)[0]
