"""Customers: who they are and when they come, and putting right what is known of them."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin.bundle_panel import bundle_panel
from bookings.admin.consent import withdraw
from bookings.admin.customer_link import send_them_their_link
from bookings.admin.details import CustomerForm, known_of
from bookings.admin.erasing import erase
from bookings.admin.feed import calendar_address, may_share
from bookings.admin.history import history_of_customer
from bookings.admin.privacy import hand_over
from bookings.errors import CustomerExists
from bookings.models import Booking, Customer
from bookings.selectors.consent import latest_consents
from bookings.selectors.customer import meant_to
from bookings.selectors.people import person
from bookings.services.customer import update_customer
from core import times
from core.admin.base import HouseAdmin
from core.admin.context import caller_of, desk_of
from core.admin.refusals import sentence_of
from core.api.throttling import limited
from core.rates import RateClass

SHOWN_BOOKINGS = 50


@admin.register(Customer)
class CustomerAdmin(HouseAdmin):
    noun = "customers"
    finds_people = "customers"
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
        views = [
            ("feed", partial(calendar_address, self)),
            ("link", partial(send_them_their_link, self)),
            ("edit", partial(self.edit_view)),
            ("export", limited(RateClass.STRICT)(partial(hand_over, self))),
            ("erase", partial(erase, self)),
            ("consent", partial(withdraw, self)),
        ]
        ours = [
            path(
                f"<uuid:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"bookings_customer_{name}",
            )
            for name, view in views
        ]
        return [*ours, *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        """Find by what is known of them, and by what they typed when they booked."""
        queryset = queryset.filter(erased_at=None)
        if not search_term:
            return queryset, False
        return queryset.filter(meant_to(caller_of(request), search_term)), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """Show a customer with everything they booked, what is next first."""
        try:
            customer = self.row(request, UUID(object_id))
        except ValueError as error:
            raise Http404 from error
        now = timezone.now()
        caller = caller_of(request)
        theirs = Booking.objects.for_caller(caller).filter(customer=customer)
        booked = theirs.select_related("service", "resource")
        ahead = booked.filter(starts_at__gte=now).order_by("starts_at", "id")
        before = booked.filter(starts_at__lt=now).order_by("-starts_at", "-id")
        may_read = desk_of(request).may("bookings:read")

        def may(scope: str) -> bool:
            """Nothing more is done with somebody who was erased."""
            return customer.erased_at is None and desk_of(request).may(scope)

        return self.page(
            request,
            "admin/bookings/customer.html",
            title=_("Customer"),
            customer=customer,
            person=person(customer, now=now, caller=caller),
            ahead=ahead[:SHOWN_BOOKINGS] if may_read else [],
            before=before[:SHOWN_BOOKINGS] if may_read else [],
            history=history_of_customer(customer, caller) if may_read else [],
            bundles=bundle_panel(request, customer),
            consents=latest_consents(customer),
            may_share=customer.erased_at is None and may_share(request, customer),
            may_book=may("bookings:write"),
            may_edit=may("customers:write"),
            may_export=may("exports:read") and not caller.is_limited,
            may_erase=may("customers:erase"),
            up_url=reverse("admin:bookings_customer_changelist"),
            up_title=_("Customers"),
        )

    history_view = change_view

    def edit_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """Put right what is known of a customer. What they typed for a booking stays there."""
        if not desk_of(request).may("customers:write"):
            raise PermissionDenied
        customer: Customer = self.row(request, pk)
        known = known_of(person(customer, now=timezone.now(), caller=caller_of(request)), customer)
        form = CustomerForm(request.POST or None, initial=known)
        page = reverse("admin:bookings_customer_change", args=[pk])
        if request.method == "POST" and form.is_valid():
            try:
                update_customer(customer, form.cleaned_data, caller=caller_of(request))
            except CustomerExists as error:
                form.add_error("email", sentence_of(error))
            else:
                self.message_user(request, _("What is known of them is saved."))
                return HttpResponseRedirect(page)
        return self.page(
            request,
            "admin/console/form.html",
            title=_("Change a customer"),
            form=form,
            button=_("Save"),
            status=422 if form.errors else None,
            up_url=page,
            up_title=_("Customer"),
        )

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
