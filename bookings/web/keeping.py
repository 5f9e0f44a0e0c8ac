"""Doing what a visitor asks for, and saying why not: the two things that the page changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from bookings.models import Booking, Hold, Resource, Service
from bookings.services.booking import BookingRequest
from bookings.services.visiting import book_for_visitor, keep_time
from bookings.web.framing import caller_for
from bookings.web.sentences import (
    alternatives_in,
    fields_in,
    no_longer_free,
    sentence_of,
    too_many,
)
from bookings.web.tokens import Draft
from core.api.errors import STATUS_OF
from core.api.throttling import address_of
from core.errors import DomainError
from core.models import Organization
from core.rates import RateClass, count


class Refused(Exception):
    """`sentence` says why, to the visitor; `free` are times to offer instead, `fields` what is
    wrong by the path of its field.
    """

    def __init__(
        self,
        sentence: str,
        status: int,
        *,
        free: Sequence[datetime] = (),
        fields: Mapping[str, list[str]] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
        self.free = list(free)
        self.fields = dict(fields or {})


def keep(
    request: HttpRequest, draft: Draft, *, service: Service, resource: Resource | None
) -> Hold:
    """Keep the time of `draft` for this visit. Raises Refused."""
    count_visit(request, RateClass.PAGE_HOLD, service.organization)
    try:
        return keep_time(
            visit=draft.visit,
            service=service,
            starts_at=draft.starts_at,
            minutes=draft.minutes,
            resource=resource,
            caller=caller_for(service.organization),
        )
    except DomainError as error:
        raise _refused(error, draft, service) from error


def book(request: HttpRequest, draft: Draft, wanted: BookingRequest) -> Booking:
    """Make the booking of this visit, once. Raises Refused."""
    service = wanted.service
    count_visit(request, RateClass.PAGE_BOOKING, service.organization)
    try:
        return book_for_visitor(wanted, visit=draft.visit, caller=caller_for(service.organization))
    except DomainError as error:
        raise _refused(error, draft, service) from error


def count_visit(request: HttpRequest, rate_class: RateClass, organization: Organization) -> None:
    """Count this against the visitor's network. Without Redis nobody counts."""
    if count(rate_class, address_of(request)).is_exceeded:
        raise Refused(too_many("RATE_LIMITED", organization), STATUS_OF["RATE_LIMITED"])


def _refused(error: DomainError, draft: Draft, service: Service) -> Refused:
    status = STATUS_OF[error.code]
    if getattr(error, "reason", "") == "SLOT_TAKEN":
        free = alternatives_in(error)
        return Refused(no_longer_free(draft.starts_at, free), status, free=free)
    if fields := fields_in(error):
        general = [*fields.pop("timeSlot.startTime", []), *fields.pop("timeSlot.duration", [])]
        sentence = " ".join(general) or _("Something is missing or not right below.")
        return Refused(sentence, status, fields=fields)
    return Refused(sentence_of(error, service.organization), status)
