"""Time off, the hours of one date, public holidays: on the wall clock, in every zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bookings.availability.closures import (
    TimeOffSpec,
    holidays_in,
    last_day_of,
    override_stretches,
    time_off_intervals,
)
from bookings.availability.intervals import Interval
from tests.bookings.test_rules import ALL_DAY, local_day, opened, transitions, utc

DAY = timedelta(days=1)
BERLIN = "Europe/Berlin"
YEAR = Interval(utc(2027, 1, 1), utc(2028, 1, 1))


def off(starts_on, starts_at, ends_on, ends_at, recurrence="", *, zone=BERLIN, window=YEAR):
    spec = TimeOffSpec(starts_on, starts_at, ends_on, ends_at, recurrence)
    return time_off_intervals(spec, window, zone)


def test_whole_days_last_from_midnight_to_midnight():
    days = off(date(2027, 2, 1), None, date(2027, 2, 3), None)

    assert days == [Interval(utc(2027, 1, 31, 23), utc(2027, 2, 3, 23))]


def test_hours_may_reach_over_midnight():
    night = off(date(2027, 2, 1), time(22), date(2027, 2, 2), time(6))

    assert night == [Interval(utc(2027, 2, 1, 21), utc(2027, 2, 2, 5))]
    assert off(date(2027, 2, 1), time(14), date(2027, 2, 1), None) == [
        Interval(utc(2027, 2, 1, 13), utc(2027, 2, 1, 23))
    ]


def test_what_recurs_stays_on_the_wall_clock_when_it_is_changed():
    afternoons = off(
        date(2027, 3, 21), time(14), date(2027, 3, 21), time(18), "FREQ=WEEKLY;COUNT=2"
    )

    assert afternoons == [
        Interval(utc(2027, 3, 21, 13), utc(2027, 3, 21, 17)),
        Interval(utc(2027, 3, 28, 12), utc(2027, 3, 28, 16)),
    ]


def test_only_what_touches_the_window_is_returned_and_all_of_it():
    def within(start, end):
        window = Interval(start, end)
        return off(
            date(2027, 2, 1), None, date(2027, 2, 2), None, "FREQ=WEEKLY;COUNT=3", window=window
        )

    second = Interval(utc(2027, 2, 7, 23), utc(2027, 2, 9, 23))
    assert within(utc(2027, 2, 8, 12), utc(2027, 2, 8, 13)) == [second]
    assert within(utc(2027, 2, 9, 22, 59), utc(2027, 2, 10)) == [second]
    assert within(utc(2027, 2, 9, 23), utc(2027, 2, 14, 23)) == []


def test_weeks_that_overlap_are_one():
    assert off(date(2027, 2, 1), None, date(2027, 2, 2), None, "FREQ=DAILY;COUNT=3") == [
        Interval(utc(2027, 1, 31, 23), utc(2027, 2, 4, 23))
    ]


def test_time_off_at_a_skipped_time_begins_and_ends_after_the_jump():
    spring, three = date(2027, 3, 28), utc(2027, 3, 28, 1)

    assert off(spring, time(2, 30), spring, time(5)) == [
        Interval(three, three + timedelta(hours=2))
    ]
    assert off(spring, time(1), spring, time(2, 30)) == [
        Interval(three - timedelta(hours=1), three)
    ]
    assert off(spring, time(2), spring, time(3)) == []


def test_time_off_at_a_doubled_time_is_the_first_one():
    autumn = date(2027, 10, 31)

    assert off(autumn, time(2, 10), autumn, time(2, 50)) == [
        Interval(utc(2027, 10, 31, 0, 10), utc(2027, 10, 31, 0, 50))
    ]


def test_time_off_and_hours_of_a_date_last_as_long_as_such_hours_do_in_every_zone():
    """Opening hours are held against the clocks themselves, night by night, in test_rules."""
    nights = {}
    for zone, day in transitions():
        clock = ZoneInfo(zone)
        hours = (clock.utcoffset(datetime.combine(day, time(hour))) for hour in range(24))
        nights.setdefault((day, *hours), zone)
    assert len(nights) > 100
    for (day, *_), zone in nights.items():
        whole = local_day(day, zone)
        window = Interval(whole.start - DAY, whole.end + DAY)
        first = day - 2 * DAY
        for opens, closes in (ALL_DAY, (time(0, 30), time(2, 30)), (time(2), time(5))):
            expected = opened(zone, day, (opens, closes))
            ends = None if closes == time(0) else closes
            once = off(day, opens, day, ends, zone=zone, window=window)
            again = off(
                first, opens, first, ends, "FREQ=DAILY;INTERVAL=2;COUNT=2", zone=zone, window=whole
            )
            assert (zone, day, once) == (zone, day, expected)
            assert (zone, day, again) == (zone, day, expected)
            assert override_stretches(day, [(opens, closes)], zone) == expected


def test_a_date_with_hours_of_its_own_is_open_then_and_never_without_any():
    eve = date(2027, 12, 24)
    hours = [(time(12), time(14)), (time(9), time(11)), (time(10), time(12))]

    assert override_stretches(eve, hours, BERLIN) == [
        Interval(utc(2027, 12, 24, 8), utc(2027, 12, 24, 13))
    ]
    assert override_stretches(eve, [], BERLIN) == []


@pytest.mark.parametrize(
    ("spec", "last"),
    [
        (TimeOffSpec(date(2027, 2, 1), None, date(2027, 2, 3), None), date(2027, 2, 3)),
        (TimeOffSpec(date(2027, 2, 1), time(9), date(2027, 2, 1), time(17)), date(2027, 2, 1)),
        (TimeOffSpec(date(2027, 2, 1), time(22), date(2027, 2, 2), time(0)), date(2027, 2, 1)),
        (
            TimeOffSpec(date(2027, 2, 1), None, date(2027, 2, 2), None, "FREQ=WEEKLY;COUNT=3"),
            date(2027, 2, 16),
        ),
    ],
)
def test_the_last_day_that_time_off_touches(spec, last):
    assert last_day_of(spec) == last


def test_public_holidays_of_a_country_and_of_a_region():
    december, january = date(2026, 12, 24), date(2027, 1, 6)

    assert holidays_in("DE", "", december, january) == {
        date(2026, 12, 25): "Christmas Day",
        date(2026, 12, 26): "Second Day of Christmas",
        date(2027, 1, 1): "New Year's Day",
    }
    assert list(holidays_in("DE", "BY", december, january))[-1] == date(2027, 1, 6)
    german = holidays_in("DE", "", december, january, language="de")
    assert german[date(2027, 1, 1)] == "Neujahr"


@pytest.mark.parametrize(("country", "region"), [("XX", ""), ("", ""), ("DE", "XX"), ("de", "")])
def test_a_country_or_a_region_that_is_not_known_is_refused(country, region):
    with pytest.raises(ValueError, match=r"not known|no region"):
        holidays_in(country, region, date(2027, 1, 1), date(2027, 1, 2))


def test_a_zone_with_another_offset_gives_other_instants():
    spec = TimeOffSpec(date(2027, 7, 1), time(9), date(2027, 7, 1), time(10))

    assert time_off_intervals(spec, YEAR, "America/New_York") == [
        Interval(datetime(2027, 7, 1, 13, tzinfo=UTC), datetime(2027, 7, 1, 14, tzinfo=UTC))
    ]
