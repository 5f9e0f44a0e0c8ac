"""Making a booking. Changing its status: `status`; moving it: `rescheduling`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils import timezone

from bookings.availability.reasons import ReasonCode
from bookings.errors import NotOffered, ReferenceTaken, SlotTaken
from bookings.models import Booking, BundlePurchase, ConsentText, Resource, Series, Service
from bookings.models.booking import new_reference
from bookings.selectors.limits import has_had_enough
from bookings.selectors.prices import price_of_one
from bookings.services.allocating import (
    SENTENCES,
    Place,
    find_place,
    new_allocations,
    relabel,
    taking,
    wrong_with,
)
from bookings.services.alternatives import with_alternatives
from bookings.services.consent import Consent, check_consents, entries_of, facts_of
from bookings.services.credit import spend_credit
from bookings.services.customer import CustomerDetails, customer_for
from bookings.services.details import location_of, wrong_with_details
from bookings.services.hold import (
    HoldClaim,
    claim_hold,
    end_claimed_hold,
    settling_lapsed_offers,
)
from bookings.services.overbooking import find_place_anyway
from bookings.services.questions import questions_of, read_answers
from bookings.services.reason import note_reason
from core import events
from core.access import Caller
from core.db import (
    in_one_transaction,
    insert_together,
    violation_of,
)
from core.errors import Invalid
from core.ids import uuid7
from core.models import Event

REFERENCES_TRIED = 5


@dataclass(frozen=True, kw_only=True)
class BookingRequest:
    """What is wanted: `service` at `starts_at` (aware) for `minutes`, without buffers.

    `resource` None means any that is free; with a `hold` the hold's time and resource are
    taken. `timezone` is the zone in which the customer reads times. `answers` are those to the
    service's questions, by key; `location` is where, if the customer is the one to say.
    With an `overbook_reason` nothing but the past stands against it: for who may
    (`bookings:overbook`). A `bundle` pays for it with one of its sessions. `consents` are what
    the customer agrees to.
    """

    service: Service
    customer: CustomerDetails
    starts_at: datetime
    minutes: int
    inquiry: str = ""
    notes: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    location: str = ""
    resource: Resource | None = None
    hold: HoldClaim | None = None
    timezone: str = ""
    source: Booking.Source = Booking.Source.API
    overbook_reason: str = ""
    series: Series | None = None
    series_position: int | None = None
    bundle: BundlePurchase | None = None
    consents: tuple[Consent, ...] = ()


def create_booking(
    request: BookingRequest,
    *,
    caller: Caller,
    booking_id: UUID | None = None,
    on_grid: bool = False,
) -> Booking:
    """Book, PENDING or, where the service confirms at once, CONFIRMED.

    Writes the booking, its allocation, the customer if new, the event and its outbox row in
    one transaction. `booking_id` is chosen before the first attempt, so that no repetition
    can make a second booking. Whoever is limited to their own resources books on these alone.

    Raises SlotTaken (with up to three `alternatives`) when nobody who offers the service is
    free, even because of a request that is committing right now; NotOffered; HoldLapsed; what
    spend_credit raises of a bundle that does not pay; what check_consents raises; NotFound for a
    hold on a resource that is not the caller's; Invalid for a start in the past, a duration that
    the service does not have, something missing that the service wants to know, or an answer that
    is none.
    """
    try:
        return book(request, caller=caller, booking_id=booking_id, on_grid=on_grid)
    except SlotTaken as taken:
        raise with_alternatives(
            taken,
            request.service,
            request.starts_at,
            minutes=request.minutes,
            resource_id=request.resource.pk if request.resource else None,
            among=caller.only_resources,
        ) from taken


def book(
    request: BookingRequest,
    *,
    caller: Caller,
    booking_id: UUID | None = None,
    on_grid: bool = False,
) -> Booking:
    """The same without looking for alternatives: for who books several."""
    answers = check_request(request)
    agreed = check_consents(
        request.consents, organization_id=request.service.organization_id, caller=caller
    )
    booking_id = booking_id or uuid7()
    for attempt in range(REFERENCES_TRIED):
        try:
            return _create(request, answers, agreed, caller, booking_id, new_reference(), on_grid)
        except ReferenceTaken:
            if attempt == REFERENCES_TRIED - 1:
                raise
    raise AssertionError


def check_request(request: BookingRequest) -> list[dict[str, Any]]:
    """Return the answers as they are kept. Raises Invalid for what is wrong in itself."""
    service, customer = request.service, request.customer
    answers, wrong = read_answers(questions_of(service), request.answers)
    wrong |= wrong_with(service, request.starts_at, request.minutes)
    wrong |= wrong_with_details(
        service,
        company=customer.company,
        phone=customer.phone,
        inquiry=request.inquiry,
        location=request.location,
    )
    is_choice_theirs = service.assignment == Service.Assignment.CUSTOMER
    if is_choice_theirs and request.resource is None and request.hold is None:
        wrong["resourceId"] = ["Choose with whom."]
    if wrong:
        raise Invalid(fields=wrong)
    return answers


@settling_lapsed_offers
@in_one_transaction
def _create(
    request: BookingRequest,
    answers: list[dict[str, Any]],
    agreed: list[ConsentText],
    caller: Caller,
    booking_id: UUID,
    reference: str,
    on_grid: bool,
) -> Booking:
    service = request.service
    hold = place = None
    if request.hold is not None:
        hold = claim_hold(request.hold, request=request)
    else:
        place = _find_place(request, caller, on_grid=on_grid)
    price = None if request.bundle else price_of_one(service)
    taken = hold or place
    assert taken is not None  # noqa: S101  (the one or the other)
    caller.require_resources([taken.resource_id])
    customer_id = customer_for(request.customer, organization_id=service.organization_id)
    if not request.overbook_reason:
        _check_customer(request, customer_id)
    booking = Booking(
        pk=booking_id,
        organization_id=service.organization_id,
        reference=reference,
        service=service,
        resource_id=taken.resource_id,
        customer_id=customer_id,
        status=Booking.Status.PENDING if service.needs_approval else Booking.Status.CONFIRMED,
        starts_at=request.starts_at,
        ends_at=request.starts_at + timedelta(minutes=request.minutes),
        timezone=request.timezone or request.customer.timezone,
        name=request.customer.name,
        company=request.customer.company,
        email=request.customer.email,
        phone=request.customer.phone,
        inquiry=request.inquiry,
        notes=request.notes,
        answers=answers or None,
        location_kind=service.location_kind,
        location=location_of(service, request.location),
        bundle=request.bundle,
        price_amount=Decimal(0) if request.bundle else price,
        price_currency=service.organization.currency if request.bundle or price is not None else "",
        source=request.source,
        series=request.series,
        series_position=request.series_position,
        assignment=taken.assignment,
        is_overbooked=place is not None and place.is_overbooked,
    )
    booking.lapses_at = _lapses_at(booking)
    booking.index_the_person()
    if request.bundle is not None:
        spend_credit(request.bundle.pk, booking=booking, caller=caller)
    rows: list[Model] = [booking]
    if place is not None:
        rows.extend(new_allocations(place, booking=booking))
    rows.extend(entries_of(agreed, booking))
    rows.extend(_events_of_a_new(booking, caller, facts_of(agreed)))
    with taking(), violation_of("booking_reference_is_unique", becomes=ReferenceTaken):
        insert_together(*rows)
    note_reason(booking, request.overbook_reason)
    if hold is not None:
        relabel(hold, booking)
        end_claimed_hold(hold)
    events.relay_after_commit()
    return booking


def _find_place(request: BookingRequest, caller: Caller, *, on_grid: bool) -> Place:
    resource_id = request.resource.pk if request.resource else None
    if request.overbook_reason:
        caller.require("bookings:overbook")
        return find_place_anyway(
            service=request.service,
            starts_at=request.starts_at,
            minutes=request.minutes,
            resource_id=resource_id,
            among=caller.only_resources,
        )
    return find_place(
        service=request.service,
        starts_at=request.starts_at,
        minutes=request.minutes,
        resource_id=resource_id,
        among=caller.only_resources,
        on_grid=on_grid,
    )


def _check_customer(request: BookingRequest, customer_id: UUID) -> None:
    """Refuse one more than a customer may have. The service is locked, if it has such limits."""
    if has_had_enough(request.service, request.starts_at, customer_id=customer_id):
        code = ReasonCode.LIMIT_CUSTOMER
        raise NotOffered(str(code), SENTENCES[code])


def _lapses_at(booking: Booking) -> datetime | None:
    """Return when a request gives its time back if nobody answers it."""
    within = booking.service.answer_within_minutes
    if within is None or booking.status != Booking.Status.PENDING:
        return None
    return min(timezone.now() + timedelta(minutes=within), booking.starts_at)


def _events_of_a_new(booking: Booking, caller: Caller, agreed: Mapping[str, Any]) -> list[Event]:
    """What happened. Of a series only the series' own event is told to people."""
    series = {"series_id": booking.series_id, "told_by_series": True} if booking.series_id else {}
    created = events.build(
        "booking.created",
        booking,
        caller=caller,
        status=booking.status,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        service_id=booking.service_id,
        resource_id=booking.resource_id,
        source=booking.source,
        version=booking.version,
        **series,
        **agreed,
    )
    if booking.status == Booking.Status.PENDING:
        return [created]
    return [
        created,
        events.build(
            "booking.confirmed",
            booking,
            caller=caller,
            version=booking.version,
            instant=True,
            **series,
        ),
    ]
