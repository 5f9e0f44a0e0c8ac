"""Moving one's own booking: a day, a time, a last look, and a POST.

Its own time is not in the way, and the same engine offers the times and judges the move.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bookings.models import Resource, Service
from bookings.selectors.page import choosable_resources
from bookings.services.allocating import kept_by
from bookings.services.rescheduling import Changes, update_booking
from bookings.web.allowed import permissions_of
from bookings.web.choosing import ANYONE, read_day, read_start
from bookings.web.days import month_shown
from bookings.web.managed import LONGEST_REASON, Visit, managed_page
from bookings.web.month import Wish, by_part_of_day, first_of_month, read_month
from bookings.web.sentences import alternatives_in, change_refused, no_longer_free
from bookings.web.zones import zone_options
from core import times
from core.errors import DomainError


@dataclass(frozen=True)
class Move:
    """Where the booking shall go. `resource` None is anyone; `start` None is not chosen yet."""

    visit: Visit
    resources: list[Resource]
    resource: Resource | None
    month: date | None
    day: date | None
    start: datetime | None

    @property
    def who(self) -> str:
        return str(self.resource.pk) if self.resource else ANYONE

    @property
    def stays_with(self) -> bool:
        return self.resource is not None and self.resource.pk == self.visit.booking.resource_id

    @property
    def is_done(self) -> bool:
        """Say whether the booking is there already: it was sent twice."""
        booking = self.visit.booking
        return booking.starts_at == self.start and (self.resource is None or self.stays_with)

    def address(
        self, month: date | None = None, day: date | None = None, start: datetime | None = None
    ) -> str:
        query = {} if self.stays_with else {"with": self.who}
        if start:
            query["start"] = start.isoformat()
        elif day:
            query["day"] = day.isoformat()
        elif month:
            query["month"] = f"{month:%Y-%m}"
        return self.visit.address("move", **query)


@require_http_methods(["GET", "HEAD", "POST"])
@managed_page
def move_page(visit: Visit) -> HttpResponseBase:
    """Offer other times; with one of them, ask whether to move there; a POST moves."""
    move = _read(visit)
    if visit.request.method == "POST" and move.start is not None:
        return _move(visit, move)
    if not permissions_of(visit.booking, now=timezone.now()).may_move:
        return visit.back()
    if move.start is not None and not move.is_done:
        return _ask(visit, move)
    return _offer(visit, move)


def _read(visit: Visit) -> Move:
    """Read what is chosen, kindly: what makes no sense is not chosen."""
    said, booking = visit.sent, visit.booking
    resources = choosable_resources(booking.service)
    if resources and booking.resource not in resources:
        resources.append(booking.resource)
    named = next((one for one in resources if str(one.pk) == said.get("with")), None)
    is_anyone = said.get("with") == ANYONE and _may_be_anyone(booking.service)
    day = read_day(said.get("day", ""))
    month = read_day(f"{said.get('month', '')}-01") or day
    return Move(
        visit=visit,
        resources=resources,
        resource=None if is_anyone else named or booking.resource,
        month=first_of_month(month) if month else None,
        day=day,
        start=read_start(said.get("start", "")),
    )


def _may_be_anyone(service: Service) -> bool:
    return service.assignment != Service.Assignment.CUSTOMER


def _move(visit: Visit, move: Move) -> HttpResponse:
    if move.is_done:
        return visit.back(done="moved")
    wanted: Resource | Literal["any"] | None = move.resource or "any"
    try:
        update_booking(
            visit.booking,
            Changes(starts_at=move.start, resource=None if move.stays_with else wanted),
            caller=visit.caller,
            expected_version=visit.version,
            on_grid=True,
            reason=visit.reason,
        )
    except DomainError as error:
        fresh = _read(visit.again())
        if fresh.is_done:
            return visit.back(done="moved")
        return _refuse(fresh, error)
    return visit.back(done="moved")


def _refuse(move: Move, error: DomainError) -> HttpResponse:
    """Say why not, with other times where there are some."""
    assert move.start is not None  # noqa: S101  (only a chosen time is refused)
    if not permissions_of(move.visit.booking, now=timezone.now()).may_move:
        return move.visit.back()
    free = alternatives_in(error)
    refused = no_longer_free(move.start, free) if free else change_refused(error)
    return _offer(move.visit, move, refused=refused, instead=free, status=409)


def _ask(visit: Visit, move: Move) -> HttpResponse:
    assert move.start is not None  # noqa: S101  (see move_page)
    length = visit.booking.ends_at - visit.booking.starts_at
    ends_at = move.start + length
    return visit.show(
        "move_confirm",
        new_start=move.start,
        new_day=times.long_day(times.local(move.start).date()),
        new_hours=times.hours(move.start, ends_at),
        new_zone_label=times.zone_label(move.start, visit.zone, until=ends_at),
        resource=move.resource,
        fields={"start": move.start.isoformat(), "with": move.who, "zone": visit.zone},
        address=visit.address("move"),
        others_address=move.address(day=times.local(move.start).date()),
        longest_reason=LONGEST_REASON,
    )


def _offer(
    visit: Visit,
    move: Move,
    *,
    refused: str = "",
    instead: list[datetime] | None = None,
    status: int = 200,
) -> HttpResponse:
    booking = visit.booking
    wish = Wish(
        service=booking.service,
        minutes=booking.minutes,
        resource_id=move.resource.pk if move.resource else None,
        zone=ZoneInfo(visit.zone),
        besides=kept_by(booking).allocations,
        without=booking.pk,
    )
    day = move.day or (times.local(move.start).date() if move.start else None)
    # The month of the appointment is where its customer looks first.
    asked = move.month or day or times.local(booking.starts_at).date()
    month = read_month(wish, asked)
    if day is None and month.free_days:
        own = times.local(booking.starts_at).date()
        later = [one.date for one in month.free_days if one.date >= own]
        day = later[0] if later else month.free_days[0].date
    starts = [one for one in month.starts_on(day) if one != booking.starts_at]
    choices = move.resources if len(move.resources) > 1 else []
    return visit.show(
        "move",
        status=status,
        refused=refused,
        instead=[(times.moment(start), move.address(start=start)) for start in instead or []],
        chosen_day=times.long_day(day) if day else "",
        parts=[
            (name, [(times.clock(start), move.address(start=start)) for start in part])
            for name, part in by_part_of_day(starts)
        ],
        choices=choices,
        may_be_anyone=_may_be_anyone(booking.service),
        who=move.who,
        anyone=ANYONE,
        path=visit.request.path,
        own_fields={"day": day.isoformat()} if day else {},
        zone_fields={"with": move.who} | ({"day": day.isoformat()} if day else {}),
        zone_options=zone_options(),
        **month_shown(month, day, lambda first, one: move.address(month=first, day=one)),
    )
