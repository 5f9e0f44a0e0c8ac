"""Customers: who they are and when they come. Read only; their bookings are where staff act."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin.feed import calendar_address, may_share
from bookings.models import Booking, Customer
from bookings.selectors.booking import search
from bookings.selectors.people import person
from core import times
from core.admin.base import HouseAdmin
from core.admin.context import desk_of

SHOWN_BOOKINGS = 50
MATCHES = 5_000  # bookings that a name may stand for; a longer name stands for fewer


@admin.register(Customer)
class CustomerAdmin(HouseAdmin):
    noun = "customers"
    list_display = ["full_name", "email_address", "telephone", "firm", "since"]
    search_fields = ["id"]  # that there is a search; what it finds: get_search_results
    ordering = ["-id"]
    sortable_by = ["since"]
    plural = gettext_lazy("Customers")
    nothing_yet = gettext_lazy("No customers yet")
    how_to_begin = gettext_lazy("Whoever books becomes one.")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(calendar_address, self))
        ours = path("<uuid:pk>/feed/", view, name="bookings_customer_feed")
        return [ours, *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        """Find by exact e-mail; by phone or beginning of a name through what they booked."""
        if not search_term:
            return queryset, False
        desk = desk_of(request)
        booked = Booking.objects.filter(organization=desk.organization)
        behind = search(booked, search_term).order_by().values("customer_id")[:MATCHES]
        found = Q(pk__in=behind)
        if "@" in search_term:
            found |= Q(email_index=Customer.index_of_email(search_term))
        return queryset.filter(found), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """Show a customer with everything they booked, what is next first."""
        try:
            customer = self.row(request, UUID(object_id))
        except ValueError as error:
            raise Http404 from error
        now = timezone.now()
        booked = Booking.objects.filter(customer=customer).select_related("service", "resource")
        ahead = booked.filter(starts_at__gte=now).order_by("starts_at", "id")
        before = booked.filter(starts_at__lt=now).order_by("-starts_at", "-id")
        may_read = desk_of(request).may("bookings:read")
        return self.page(
            request,
            "admin/bookings/customer.html",
            title=_("Customer"),
            customer=customer,
            person=person(customer, now=now),
            ahead=ahead[:SHOWN_BOOKINGS] if may_read else [],
            before=before[:SHOWN_BOOKINGS] if may_read else [],
            may_share=may_share(request, customer),
            may_book=desk_of(request).may("bookings:write"),
            up_url=reverse("admin:bookings_customer_changelist"),
            up_title=_("Customers"),
        )

    history_view = change_view

    @admin.display(description=gettext_lazy("Name"))
    def full_name(self, customer: Customer) -> str:
        return customer.name

    @admin.display(description=gettext_lazy("E-mail"))
    def email_address(self, customer: Customer) -> str:
        return customer.email

    @admin.display(description=gettext_lazy("Phone"))
    def telephone(self, customer: Customer) -> str:
        return customer.phone

    @admin.display(description=gettext_lazy("Company"))
    def firm(self, customer: Customer) -> str:
        return customer.company

    @admin.display(description=gettext_lazy("Customer since"), ordering="id")
    def since(self, customer: Customer) -> str:
        return times.short_day(times.local(customer.created_at).date())
