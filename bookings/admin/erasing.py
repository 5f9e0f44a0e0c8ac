"""Erasing a customer from their page: what it does is said first, and confirmed in writing."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.models import Booking, Customer
from bookings.selectors.bundles import bundles_of
from bookings.selectors.courses import active_bundles
from bookings.services.erasing import cancel_and_tell, erase_customer, unsaid_to
from core.admin.base import HouseAdmin
from core.admin.context import caller_of, desk_of
from core.blind_index import normalise_email

TELL = "tell"


class EraseForm(forms.Form):
    """Who it is, typed once more, so that nobody is erased by a slip of the hand."""

    email = forms.CharField(
        label=gettext_lazy("Their e-mail address, to confirm"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, customer: Customer, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # what a request sent
        self.customer = customer

    def clean_email(self) -> str:
        typed = str(self.cleaned_data["email"])
        if normalise_email(typed) != normalise_email(self.customer.email):
            raise ValidationError(_("That is not the address of this customer."))
        return typed


def erase(admin: HouseAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A GET says what will be gone; a POST with the customer's address does it.

    What is ahead can be cancelled before, so that they hear of it.
    """
    if not desk_of(request).may("customers:erase"):
        raise PermissionDenied
    customer: Customer = admin.row(request, pk)
    if customer.erased_at is not None:
        raise Http404
    page = reverse("admin:bookings_customer_change", args=[pk])
    if request.method == "POST" and request.POST.get("go") == TELL:
        admin.attempt(
            request,
            lambda: cancel_and_tell(customer, caller=caller_of(request)),
            done=_("What was ahead is cancelled, and they are told. Erase them once it has left."),
        )
        return HttpResponseRedirect(request.path)
    form = EraseForm(customer, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        admin.attempt(
            request,
            lambda: erase_customer(customer, caller=caller_of(request)),
            done=_("They are erased. What was booked is kept without their name."),
        )
        return HttpResponseRedirect(page)
    return admin.page(
        request,
        "admin/bookings/erase.html",
        title=_("Erase a customer"),
        form=form,
        customer=customer,
        effects=effects_of(customer),
        tell=TELL if _ahead_of(customer).exists() else "",
        status=422 if form.errors else None,
        up_url=page,
        up_title=_("Customer"),
    )


def _ahead_of(customer: Customer) -> QuerySet[Booking]:
    booked = Booking.objects.filter(customer=customer, status__in=Booking.OPEN)
    return booked.filter(ends_at__gt=timezone.now())


def effects_of(customer: Customer) -> list[str]:
    """Return what erasing them does, a sentence each."""
    now = timezone.now()
    booked = Booking.objects.filter(customer=customer)
    total = booked.count()
    ahead, unsaid = _ahead_of(customer).count(), unsaid_to(customer)
    left = sum(
        bundle.remaining_sessions for bundle in active_bundles(bundles_of(customer), now=now)
    )
    said = [
        _("Their name, addresses, notes, answers and messages are removed. This cannot be undone."),
    ]
    if ahead:
        said.append(
            ngettext(
                "%(count)d appointment ahead is cancelled. They are not told.",
                "%(count)d appointments ahead are cancelled. They are not told.",
                ahead,
            )
            % {"count": ahead}
        )
    if unsaid:
        said.append(
            ngettext(
                "%(count)d message to them has not left yet, and will not be sent.",
                "%(count)d messages to them have not left yet, and will not be sent.",
                unsaid,
            )
            % {"count": unsaid}
        )
    if total:
        said.append(
            ngettext(
                "%(count)d booking stays for the books, without a name.",
                "%(count)d bookings stay for the books, without a name.",
                total,
            )
            % {"count": total}
        )
    if left:
        said.append(
            ngettext(
                "%(count)d session that they have paid for is lost to them.",
                "%(count)d sessions that they have paid for are lost to them.",
                left,
            )
            % {"count": left}
        )
    return said
