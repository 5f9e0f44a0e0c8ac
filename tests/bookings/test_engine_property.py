"""For any calendar: what is offered is exactly what is not refused, and what fits by hand."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.availability.engine import choose_lane, free_starts, reasons_against
from bookings.availability.intervals import Interval
from bookings.availability.reasons import ReasonCode
from bookings.availability.rules import OpeningRules, WeeklyHours
from bookings.availability.terms import Blocked, ResourceCalendar, ServiceRules

MINUTE = timedelta(minutes=1)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
# A quiet weekend, and the nights on which these zones change their clocks.
WEEKENDS = [
    date(2027, 6, 5), date(2027, 3, 27), date(2027, 10, 30), date(2027, 3, 13),
    date(2027, 11, 6), date(2027, 4, 3), date(2027, 10, 2),
]  # fmt: skip
CODES = [ReasonCode.TAKEN, ReasonCode.HELD, ReasonCode.EXTERNAL_BUSY]

quarters = st.integers(0, 95)


@st.composite
def weekly_hours(draw):
    opens, closes = sorted([draw(quarters), draw(st.integers(0, 96))])
    if opens == closes:
        opens, closes = 0, 96
    walls = [time(n // 4 % 24, n % 4 * 15) for n in (opens, closes)]
    return WeeklyHours(draw(st.integers(5, 6)), *walls)


@st.composite
def blocked(draw, since, codes):
    start = since + draw(st.integers(-60, 60 * 60)) * MINUTE
    length = draw(st.integers(1, 300))
    inner = Interval(start, start + draw(st.integers(1, length)) * MINUTE)
    return Blocked(start, start + length * MINUTE, draw(st.sampled_from(codes)), inner)


@st.composite
def situations(draw):
    """A service, one or two resources with up to three lanes, a weekend and a moment in it."""
    zone = draw(st.sampled_from(ZONES))
    since = datetime.combine(draw(st.sampled_from(WEEKENDS)), time(0), ZoneInfo(zone))
    since = since.astimezone(UTC)
    service = ServiceRules(
        durations=(60,),
        step_minutes=draw(st.sampled_from([15, 20, 45, 60])),
        buffer_before_minutes=draw(st.sampled_from([0, 5, 30])),
        buffer_after_minutes=draw(st.sampled_from([0, 10, 45])),
        minimum_notice_minutes=draw(st.sampled_from([0, 60, 600])),
        horizon_days=draw(st.integers(0, 3)),
    )
    calendars = []
    for number in range(draw(st.integers(1, 2))):
        lanes = tuple(range(draw(st.integers(0, 3))))
        stretches = st.lists(blocked(since, CODES), max_size=8).map(sorted)
        off = st.lists(blocked(since, [ReasonCode.TIME_OFF, ReasonCode.HOLIDAY]), max_size=2)
        calendars.append(
            ResourceCalendar(
                resource_id=UUID(int=number),
                timezone=zone,
                lanes=lanes,
                opening=(OpeningRules(zone, tuple(draw(st.lists(weekly_hours(), max_size=4)))),),
                busy={lane: draw(stretches) for lane in lanes},
                closed=draw(off.map(sorted)),
            )
        )
    now = since + draw(st.integers(-2880, 2880)) * MINUTE
    first = since + draw(st.integers(-300, 1500)) * MINUTE
    window = Interval(first, first + draw(st.integers(0, 800)) * MINUTE)
    return service, calendars, window, draw(st.sampled_from([5, 30, 60, 90])), now


def every_five_minutes(window):
    """Where the steps of every situation lie."""
    seconds = -(-window.start.timestamp() // 300) * 300
    moment = datetime.fromtimestamp(seconds, UTC)
    while moment < window.end:
        yield moment
        moment += 5 * MINUTE


@settings(max_examples=120, deadline=None)
@given(situations())
def test_a_start_is_offered_exactly_when_nothing_stands_against_it(situation):
    service, calendars, window, minutes, now = situation

    found = free_starts(service, calendars, window, minutes=minutes, now=now)

    expected = []
    for moment in every_five_minutes(window):
        told = [
            reasons_against(service, [calendar], moment, minutes=minutes, now=now, on_grid=True)
            for calendar in calendars
        ]
        together = reasons_against(
            service, calendars, moment, minutes=minutes, now=now, on_grid=True
        )
        assert together == () if () in told else together in told
        free = [calendar for calendar, reasons in zip(calendars, told, strict=True) if not reasons]
        if free:
            expected.append((moment, tuple(calendar.resource_id for calendar in free)))
    assert found == expected


@settings(max_examples=150, deadline=None)
@given(situations())
def test_whatever_is_offered_fits_on_its_lane(situation):
    service, calendars, window, minutes, now = situation
    by_id = {calendar.resource_id: calendar for calendar in calendars}

    for start, resources in free_starts(service, calendars, window, minutes=minutes, now=now):
        for resource in resources:
            lane = choose_lane(by_id[resource], start, minutes=minutes, service=service)
            assert lane is not None
            first = start - service.buffer_before_minutes * MINUTE
            last = start + (minutes + service.buffer_after_minutes) * MINUTE
            for taken in by_id[resource].busy[lane]:
                assert taken.end <= first or last <= taken.start
