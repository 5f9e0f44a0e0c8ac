"""Adding somebody to a session by hand, or to the line for a place when it is full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin.drafting import among, id_in, new_token
from bookings.admin.session_form import NEEDED
from bookings.admin.session_words import (
    has_no_place,
    is_ahead,
    page_of_session,
    up_to_session,
)
from bookings.errors import SessionOver
from bookings.models import Booking, BundlePurchase, Customer, GroupSession
from bookings.selectors.attendees import passes_for
from bookings.selectors.people import find_people, person
from bookings.services.customer import CustomerDetails
from bookings.services.place import PlaceRequest, join_session
from bookings.services.place_waiting import PlaceWait, wait_for_place
from core import times
from core.admin.context import caller_of, desk_of
from core.admin.refusals import sentence_of
from core.errors import DomainError
from core.ids import uuid7

if TYPE_CHECKING:
    from bookings.admin.group_session import GroupSessionAdmin

JOIN, WAIT, FIND, USE = "join", "wait", "find", "use:"
BY_PRICE = "price"
MOST_PEOPLE = 6


class PlaceForm(forms.Form):
    """Who comes, and what pays: the price, or one of their passes."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=32, required=False)
    pay = forms.ChoiceField(label=gettext_lazy("Paid by"), widget=forms.RadioSelect)
    notes = forms.CharField(
        label=gettext_lazy("Notes for the team"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self, *args: Any, session: GroupSession, passes: list[BundlePurchase], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        self.passes = {str(one.pk): one for one in passes}
        if self.passes:
            price = f"{session.price_amount} {session.price_currency}"
            choices = [(pk, _in_words(one)) for pk, one in self.passes.items()]
            choices.append((BY_PRICE, price))
            cast("forms.ChoiceField", self.fields["pay"]).choices = choices
            self.fields["pay"].error_messages["required"] = _(
                "They have a pass: choose what pays for this place."
            )
            self.initial["pay"] = choices[0][0]
        else:
            del self.fields["pay"]
        for field in self.fields.values():
            field.error_messages.setdefault("required", NEEDED)
            field.widget.attrs["autocomplete"] = "off"

    @property
    def customer(self) -> CustomerDetails:
        data = self.cleaned_data
        return CustomerDetails(name=data["name"], email=data["email"], phone=data["phone"])

    @property
    def bundle(self) -> BundlePurchase | None:
        return self.passes.get(self.cleaned_data.get("pay", ""))


def add_somebody(admin: GroupSessionAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Ask who comes and what pays; a POST takes the place, or puts them in line for one."""
    session = admin.may_book(request, pk)
    if not is_ahead(session):
        admin.message_user(request, sentence_of(SessionOver()))
        return HttpResponseRedirect(page_of_session(session))
    go = request.POST.get("go", "")
    if go in (JOIN, WAIT):
        return _take(admin, request, session, is_waiting=go == WAIT)
    shown: dict[str, Any] = {}
    typed = {name: request.POST.get(name, "") for name in ("name", "email", "phone", "notes")}
    if go == FIND:
        term = request.POST.get("find", "").replace("\0", "")[:254]
        found = find_people(caller_of(request), term, now=timezone.now(), most=MOST_PEOPLE)
        shown = {"people": found, "asked": True}
    elif (known := _customer(request, go)) is not None:
        details = person(known, now=timezone.now(), caller=caller_of(request))
        typed |= {"name": details.name, "email": details.email, "phone": details.phone}
    passes = [] if has_no_place(session) else _passes(session, typed["email"])
    form = PlaceForm(initial=typed, session=session, passes=passes)
    return _show(admin, request, session, form, **shown)


def _take(
    admin: GroupSessionAdmin, request: HttpRequest, session: GroupSession, *, is_waiting: bool
) -> HttpResponseBase:
    booking_id = id_in(request.POST.get("token", "")) or uuid7()
    made = Booking.objects.for_organization(session.organization_id).filter(pk=booking_id)
    if made.exists():  # the second click of a double click
        return HttpResponseRedirect(page_of_session(session))
    passes = [] if is_waiting else _passes(session, request.POST.get("email", ""))
    form = PlaceForm(request.POST, session=session, passes=passes)
    if not form.is_valid():
        return _show(admin, request, session, form)
    caller = caller_of(request)
    try:
        if is_waiting:
            caller.require("waitlist:write")
            wait_for_place(PlaceWait(session=session, customer=form.customer), caller=caller)
            said = _("They are on the waitlist, and get a mail about it.")
        else:
            wanted = PlaceRequest(
                session=session,
                customer=form.customer,
                bundle=form.bundle,
                notes=form.cleaned_data["notes"],
                source=Booking.Source.STAFF,
            )
            booking = join_session(wanted, caller=caller, booking_id=booking_id)
            said = _("%(name)s has a place, reference %(reference)s, and gets a mail about it.")
            said %= {"name": booking.name, "reference": booking}
    except DomainError as error:
        fresh = admin.row(request, session.pk)
        return _show(admin, request, fresh, form, refused=sentence_of(error))
    admin.message_user(request, said)
    return HttpResponseRedirect(page_of_session(session))


def _show(
    admin: GroupSessionAdmin,
    request: HttpRequest,
    session: GroupSession,
    form: PlaceForm,
    **context: Any,
) -> HttpResponseBase:
    is_full = has_no_place(session)
    return admin.page(
        request,
        "admin/bookings/session_join.html",
        title=_("Add to the waitlist") if is_full else _("Add somebody"),
        session=session,
        form=form,
        is_full=is_full,
        token=request.POST.get("token", "") or new_token(),
        find_term=request.POST.get("find", ""),
        may_find=desk_of(request).may("bookings:read"),
        status=422 if form.errors else 409 if context.get("refused") else None,
        **up_to_session(session),
        **context,
    )


def _passes(session: GroupSession, email: str) -> list[BundlePurchase]:
    """Return what whoever has this address could pay with; nothing for what is no address."""
    try:
        validate_email(email)
    except ValidationError:
        return []
    return passes_for(session, email)


def _customer(request: HttpRequest, go: str) -> Customer | None:
    """Return who was chosen: by a button, or by the page from which somebody came."""
    wanted = go.removeprefix(USE) if go.startswith(USE) else request.GET.get("customer", "")
    if not wanted:
        return None
    ours = Customer.objects.for_caller(caller_of(request)).filter(erased_at=None)
    found = among(ours, wanted)
    return found if isinstance(found, Customer) else None


def _in_words(bundle: BundlePurchase) -> str:
    words = {
        "name": bundle.product.name,
        "left": bundle.remaining_sessions,
        "total": bundle.total_sessions,
        "day": times.short_day(times.local(bundle.valid_to_at).date()),
    }
    return _("%(name)s: %(left)d of %(total)d left, until %(day)s") % words
