"""Bundles: who has bought what, what is left of it and why, sold and corrected by staff."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin import selling
from bookings.admin.bundle_forms import AdjustForm
from bookings.admin.bundle_words import ENTRY_ICONS, left_of, pill_of, validity_of
from bookings.admin.filters import OfCourseFilter
from bookings.models import Booking, BundlePurchase, CreditEntry, Customer, Product
from bookings.selectors.bundles import Bundles, in_status, ledger_of, was_returned
from bookings.selectors.customer import meant_to
from bookings.services.credit import adjust_credits
from core import times
from core.access import Caller
from core.admin.actors import Actors
from core.admin.base import HouseAdmin
from core.admin.context import caller_of, desk_of
from core.admin.filters import ChoiceFilter
from core.admin.panels import panels_at
from core.admin.refusals import sentence_of, sentences_by_field
from core.errors import DomainError

Status = BundlePurchase.Status
SHOWN_BOOKINGS = 100
MINUS = "\u2212"  # as wide as the plus


class BundleStatusFilter(ChoiceFilter):
    title = gettext_lazy("State")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Status.choices)

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return in_status(cast("Bundles", queryset), value, now=timezone.now())


@admin.register(BundlePurchase)
class BundleAdmin(HouseAdmin):
    """Staff sell, adjust and book with a bundle; nothing of it is ever typed."""

    noun = "bundles"
    finds_people = "bundles"
    list_display = ["who", "course", "what", "left", "valid", "state"]
    list_display_links = ["who"]
    list_filter = [BundleStatusFilter, OfCourseFilter]
    search_fields = ["id"]  # that there is a search; what it finds: get_search_results
    ordering = ["-id"]
    sortable_by = ()
    plural = gettext_lazy("Bundles")
    add_title = gettext_lazy("Sell a bundle")
    nothing_yet = gettext_lazy("No bundles yet")
    how_to_begin = gettext_lazy(
        "Sell sessions in advance here, or on a customer's page. What can be sold stands on the "
        "page of each course."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[BundlePurchase]:
        rows = cast("QuerySet[BundlePurchase]", super().get_queryset(request))
        return rows.select_related("customer", "service", "product")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[BundlePurchase], search_term: str
    ) -> tuple[QuerySet[BundlePurchase], bool]:
        """Find by whose they are: exact e-mail or phone, or the beginning of a name."""
        if not search_term:
            return queryset, False
        caller = caller_of(request)
        known = Customer.objects.for_caller(caller)
        found = known.filter(meant_to(caller, search_term)).values("pk")
        return queryset.filter(customer__in=found), False

    def get_urls(self) -> list[URLPattern]:
        adjust = self.admin_site.admin_view(self.adjust_view)
        ours = [path("<uuid:pk>/adjust/", adjust, name="bookings_bundlepurchase_adjust")]
        return [*ours, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """A page of its own: Django's form would open a transaction around the service's."""
        return selling.sell(self, request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """Show what is left of one and why: every line of its ledger, and what it paid."""
        try:
            bundle: BundlePurchase = self.row(request, UUID(object_id))
        except ValueError as error:
            raise Http404 from error
        desk = desk_of(request)
        may_adjust = desk.may("bundles:adjust")
        return self.page(
            request,
            "admin/bookings/bundle.html",
            title=bundle.product.name,
            bundle=bundle,
            pill=pill_of(bundle),
            left=left_of(bundle),
            valid=times.stretch(bundle.valid_from_at, bundle.valid_to_at),
            statement=statement_of(bundle, caller_of(request)),
            paid=paid_by(bundle, caller_of(request)) if desk.may("bookings:read") else None,
            book_with=page_to_book(request, bundle),
            may_adjust=may_adjust and bundle.status != Status.EXPIRED,
            may_read_reasons=may_adjust,
            panels=panels_at("bundle.page", request, bundle=bundle),
            up_url=reverse("admin:bookings_bundlepurchase_changelist"),
            up_title=self.plural,
        )

    history_view = change_view  # the ledger is the history

    def adjust_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """Give or take sessions with a reason."""
        if not desk_of(request).may("bundles:adjust"):
            raise PermissionDenied
        bundle: BundlePurchase = self.row(request, pk)
        form = AdjustForm(request.POST or None, bundle=bundle)
        here = page_of(bundle)
        if bundle.status == Status.EXPIRED:  # what is given would expire at once
            self.message_user(request, _("This bundle is over."), messages.WARNING)
            return HttpResponseRedirect(here)
        if request.method == "POST" and form.is_valid():
            try:
                fresh = adjust_credits(
                    bundle,
                    amount=form.cleaned_data["sessions"],
                    reason=form.cleaned_data["reason"],
                    expected_entries=form.cleaned_data["entries"],
                    caller=caller_of(request),
                )
            except DomainError as error:
                for name, sentences in sentences_by_field(error).items():
                    form.add_error(name, cast("list[Any]", sentences))
                if not form.errors:
                    form.add_error(None, sentence_of(error))
                bundle.refresh_from_db()
                form.data = {**request.POST.dict(), "entries": bundle.entries}
            else:
                said = _("The bundle is adjusted: %(left)s.") % {"left": left_of(fresh)}
                self.message_user(request, said)
                return HttpResponseRedirect(here)
        return self.page(
            request,
            "admin/console/form.html",
            title=_("Adjust"),
            form=form,
            button=_("Adjust the bundle"),
            status=422 if form.errors else None,
            up_url=here,
            up_title=bundle.product.name,
        )

    @admin.display(description=gettext_lazy("Customer"))
    def who(self, bundle: BundlePurchase) -> str:
        return bundle.customer.name

    @admin.display(description=gettext_lazy("Course"))
    def course(self, bundle: BundlePurchase) -> str:
        return bundle.service.name

    @admin.display(description=gettext_lazy("What"))
    def what(self, bundle: BundlePurchase) -> str:
        return bundle.product.name

    @admin.display(description=gettext_lazy("Sessions"))
    def left(self, bundle: BundlePurchase) -> str:
        return left_of(bundle)

    @admin.display(description=gettext_lazy("Valid"))
    def valid(self, bundle: BundlePurchase) -> str:
        return validity_of(bundle)

    @admin.display(description=gettext_lazy("State"))
    def state(self, bundle: BundlePurchase) -> SafeString:
        return pill_of(bundle)


def page_of(bundle: BundlePurchase) -> str:
    return reverse("admin:bookings_bundlepurchase_change", args=[bundle.pk])


def page_to_book(request: HttpRequest, bundle: BundlePurchase) -> str:
    """Return where a session is booked that this bundle pays; empty where that cannot be."""
    if bundle.status != Status.ACTIVE or not desk_of(request).may("bookings:write"):
        return ""
    if bundle.product.kind == Product.Kind.GROUP_SESSION_PASS:
        page, chosen = "bookings_groupsession_changelist", {"course": str(bundle.service_id)}
    else:
        page = "bookings_booking_add"
        chosen = {
            "customer": str(bundle.customer_id),
            "service": str(bundle.service_id),
            "bundle": str(bundle.pk),
        }
        if bundle.valid_from_at > timezone.now():
            chosen["day"] = times.local(bundle.valid_from_at).date().isoformat()
    return f"{reverse(f'admin:{page}')}?{urlencode(chosen)}"


def statement_of(bundle: BundlePurchase, caller: Caller) -> list[dict[str, Any]]:
    """Return the ledger in words, the latest line first. Three queries."""
    entries = ledger_of(bundle, caller)
    actors = Actors(entries)
    return [
        {
            "entry": entry,
            "icon": ENTRY_ICONS[CreditEntry.Kind(entry.kind)],
            "amount": f"{entry.amount:+d}".replace("-", MINUS),
            "who": actors.actor(entry),
        }
        for entry in entries
    ]


def paid_by(bundle: BundlePurchase, caller: Caller) -> list[tuple[Booking, bool]]:
    """Return the bookings that it paid, newest first, and whether the session came back."""
    bookings = Booking.objects.for_caller(caller).filter(bundle=bundle).select_related("resource")
    shown = list(bookings.order_by("-id")[:SHOWN_BOOKINGS])
    returned = was_returned(bundle.organization_id, (booking.pk for booking in shown))
    return [(booking, booking.pk in returned) for booking in shown]
