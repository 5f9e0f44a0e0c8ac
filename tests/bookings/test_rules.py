"""Both nights of the year, in every zone that has them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.availability.intervals import Interval
from bookings.availability.rules import (
    OpeningRules,
    WeeklyHours,
    hours_and_steps,
    instant_of,
    midnight,
    opening_intervals,
)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
ALL_DAY = (time(0), time(0))


def every_day(zone, *hours, **valid):
    weekly = tuple(
        WeeklyHours(weekday, opens, closes) for weekday in range(7) for opens, closes in hours
    )
    return OpeningRules(zone, weekly, **valid)


def local_day(day, zone):
    zone = ZoneInfo(zone)
    return Interval(midnight(day, zone), midnight(day + DAY, zone))


def opened(zone, day, *hours):
    """The opening of one local day, in UTC."""
    return opening_intervals(every_day(zone, *hours), local_day(day, zone))


def offered(zone, day, *hours, step):
    """The steps of one local day, as its wall clock shows them."""
    window = local_day(day, zone)
    _, steps = hours_and_steps([every_day(zone, *hours)], window, step * MINUTE)
    return [
        f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"
        for moment in steps
        if window.start <= moment < window.end
    ]


def utc(year, month, day, hour=0, minute=0):
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def test_the_same_local_hours_are_other_hours_in_summer():
    nine_to_five = (time(9), time(17))

    winter = opened("Europe/Berlin", date(2027, 1, 12), nine_to_five)
    summer = opened("Europe/Berlin", date(2027, 7, 13), nine_to_five)

    assert winter == [Interval(utc(2027, 1, 12, 8), utc(2027, 1, 12, 16))]
    assert summer == [Interval(utc(2027, 7, 13, 7), utc(2027, 7, 13, 15))]


def test_a_week_opens_on_its_weekdays_only():
    rules = OpeningRules(
        "UTC",
        (
            WeeklyHours(0, time(13), time(17)),
            WeeklyHours(0, time(9), time(12)),
            WeeklyHours(5, time(10), time(14)),
        ),
    )

    assert opening_intervals(rules, Interval(utc(2027, 3, 1), utc(2027, 3, 8))) == [
        Interval(utc(2027, 3, 1, 9), utc(2027, 3, 1, 12)),
        Interval(utc(2027, 3, 1, 13), utc(2027, 3, 1, 17)),
        Interval(utc(2027, 3, 6, 10), utc(2027, 3, 6, 14)),
    ]


def test_closing_at_midnight_runs_into_the_next_morning():
    rules = every_day("UTC", (time(22), time(0)), (time(0), time(2)))

    assert opening_intervals(rules, Interval(utc(2027, 3, 1, 12), utc(2027, 3, 2, 12))) == [
        Interval(utc(2027, 3, 1, 22), utc(2027, 3, 2, 2))
    ]


def test_a_window_cuts_the_hours_at_its_edges():
    rules = every_day("UTC", (time(9), time(17)))

    assert opening_intervals(rules, Interval(utc(2027, 3, 1, 10), utc(2027, 3, 2, 9))) == [
        Interval(utc(2027, 3, 1, 10), utc(2027, 3, 1, 17))
    ]
    assert opening_intervals(rules, Interval(utc(2027, 3, 1, 10), utc(2027, 3, 1, 10))) == []
    assert opening_intervals(rules, Interval(utc(2027, 3, 2), utc(2027, 3, 1))) == []


def test_a_schedule_holds_on_its_first_and_on_its_last_day():
    rules = every_day(
        "UTC", (time(9), time(10)), valid_from=date(2027, 3, 2), valid_to=date(2027, 3, 3)
    )

    assert opening_intervals(rules, Interval(utc(2027, 3, 1), utc(2027, 3, 8))) == [
        Interval(utc(2027, 3, 2, 9), utc(2027, 3, 2, 10)),
        Interval(utc(2027, 3, 3, 9), utc(2027, 3, 3, 10)),
    ]


@pytest.mark.parametrize(
    ("weekday", "opens", "closes"),
    [(7, time(9), time(10)), (-1, time(9), time(10)), (0, time(9), time(9)), (0, time(9), time(8))],
)
def test_hours_that_mean_nothing_are_refused(weekday, opens, closes):
    with pytest.raises(ValueError, match=r"weekday|Closing"):
        WeeklyHours(weekday, opens, closes)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2027, 3, 28), 3),
        ("Europe/Berlin", date(2027, 10, 31), 5),
        ("Europe/Berlin", date(2027, 6, 6), 4),
        ("America/New_York", date(2027, 3, 14), 3),
        ("America/New_York", date(2027, 11, 7), 5),
        ("Australia/Lord_Howe", date(2027, 10, 3), 3.5),
        ("Australia/Lord_Howe", date(2027, 4, 4), 4.5),
        ("Africa/Casablanca", date(2027, 2, 7), 5),
        ("Africa/Casablanca", date(2027, 3, 14), 3),
        ("Asia/Kolkata", date(2027, 3, 28), 4),
    ],
)
def test_one_to_five_in_the_night_lasts_as_long_as_that_night_does(zone, day, hours):
    [(start, end)] = opened(zone, day, (time(1), time(5)))

    assert end - start == hours * HOUR


def test_hours_that_begin_or_end_at_a_skipped_time_do_so_after_the_jump():
    spring = date(2027, 3, 28)
    three = utc(2027, 3, 28, 1)

    assert opened("Europe/Berlin", spring, (time(2, 30), time(5))) == [
        Interval(three, three + 2 * HOUR)
    ]
    assert opened("Europe/Berlin", spring, (time(1), time(2, 30))) == [
        Interval(three - HOUR, three)
    ]
    assert opened("Europe/Berlin", spring, (time(2), time(3))) == []
    assert opened("Europe/Berlin", spring, (time(2, 10), time(2, 50))) == []


def test_every_skipped_time_is_the_same_instant():
    berlin, jump = ZoneInfo("Europe/Berlin"), datetime.combine(date(2027, 3, 28), time(2))

    for seconds in range(0, 3600, 7):
        wall = jump + timedelta(seconds=seconds, microseconds=5)
        assert instant_of(wall, berlin) == utc(2027, 3, 28, 1)


def test_hours_at_a_doubled_time_happen_once_and_the_first_time():
    autumn = date(2027, 10, 31)
    first_two = utc(2027, 10, 31, 0)

    assert opened("Europe/Berlin", autumn, (time(2, 10), time(2, 50))) == [
        Interval(first_two + 10 * MINUTE, first_two + 50 * MINUTE)
    ]
    assert opened("Europe/Berlin", autumn, (time(1), time(2, 30))) == [
        Interval(first_two - HOUR, first_two + 30 * MINUTE)
    ]
    assert opened("Europe/Berlin", autumn, (time(2, 30), time(4))) == [
        Interval(first_two + 30 * MINUTE, first_two + 3 * HOUR)
    ]


def test_steps_stay_on_the_wall_clock_when_it_is_changed():
    night = (time(0, 30), time(5))

    assert offered("Europe/Berlin", date(2027, 3, 28), night, step=60) == [
        "00:30", "01:30", "03:30", "04:30",
    ]  # fmt: skip
    assert offered("Europe/Berlin", date(2027, 10, 31), night, step=60) == [
        "00:30", "01:30", "02:30", "03:30", "04:30",
    ]  # fmt: skip
    assert offered("Australia/Lord_Howe", date(2027, 10, 3), night, step=30) == [
        "00:30", "01:00", "01:30", "02:30", "03:00", "03:30", "04:00", "04:30",
    ]  # fmt: skip
    assert offered("Australia/Lord_Howe", date(2027, 4, 4), night, step=30) == [
        "00:30", "01:00", "01:30", "02:00", "02:30", "03:00", "03:30", "04:00", "04:30",
    ]  # fmt: skip


def test_only_what_touches_the_window_is_looked_at_and_all_of_it():
    rules = every_day("UTC", (time(9), time(10)), (time(14), time(16)), (time(18), time(20)))

    hours, steps = hours_and_steps(
        [rules], Interval(utc(2027, 3, 1, 10), utc(2027, 3, 1, 15)), 60 * MINUTE
    )

    assert hours == [Interval(utc(2027, 3, 1, 14), utc(2027, 3, 1, 16))]
    assert steps == [utc(2027, 3, 1, 14), utc(2027, 3, 1, 15)]


def test_steps_begin_afresh_with_each_stretch_as_written():
    morning, afternoon = (time(9), time(10, 10)), (time(10, 10), time(11))

    assert offered("UTC", date(2027, 3, 1), morning, afternoon, step=30) == [
        "09:00", "09:30", "10:00", "10:10", "10:40",
    ]  # fmt: skip


def test_overlapping_hours_offer_each_step_once_and_in_order():
    early, late = (time(9), time(11)), (time(9, 45), time(12))

    assert offered("UTC", date(2027, 3, 1), early, late, step=30) == [
        "09:00", "09:30", "09:45", "10:00", "10:15", "10:30", "10:45", "11:15", "11:45",
    ]  # fmt: skip


def test_a_day_whose_midnight_is_skipped_begins_after_the_jump():
    # Cairo's clocks go from 00:00 to 01:00 on the last Friday of April.
    assert local_day(date(2027, 4, 30), "Africa/Cairo") == Interval(
        utc(2027, 4, 29, 22), utc(2027, 4, 30, 21)
    )
    assert offered("Africa/Cairo", date(2027, 4, 30), (time(0), time(3)), step=60) == [
        "01:00", "02:00",
    ]  # fmt: skip


def test_a_new_day_stays_open_while_the_clock_shows_the_old_one_again():
    # Goose Bay went from 00:01 back to 23:01: the 7th had begun when the 6th was shown again.
    shown_again = Interval(utc(2010, 11, 7, 3, 30), utc(2010, 11, 7, 3, 45))

    assert opening_intervals(every_day("America/Goose_Bay", ALL_DAY), shown_again) == [shown_again]


def test_a_day_that_a_country_left_out_is_never_open():
    # Samoa crossed the date line: after 29 December 2011 came the 31st.
    assert opened("Pacific/Apia", date(2011, 12, 30), ALL_DAY) == []
    assert opened("Pacific/Apia", date(2011, 12, 30), (time(9), time(17))) == []


def transitions(*, first=date(2026, 11, 1), last=date(2030, 1, 1)):
    """(zone, local day) of every change of the clocks, and a day on either side of it."""
    noons = [datetime.combine(first, time(12), UTC) + n * DAY for n in range((last - first).days)]
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        offsets = [noon.astimezone(zone).utcoffset() for noon in noons]
        for noon, before, after in zip(noons[1:], offsets, offsets[1:], strict=False):
            if before != after:
                for days in (-2, -1, 0, 1):
                    yield name, noon.astimezone(zone).date() + days * DAY


def quarters_of(day, zone):
    """Every real quarter of an hour at which the clock shows `day`: what it is, by looking."""
    first = datetime.combine(day, time(0), UTC) - 30 * HOUR
    return [
        moment
        for moment in (first + n * 15 * MINUTE for n in range(84 * 4))
        if moment.astimezone(zone).date() == day
    ]


def test_a_day_without_closing_is_open_as_long_as_it_lasts_in_every_zone_that_changes_its_clock():
    changes = list(transitions())
    assert len({zone for zone, _ in changes}) > 150
    seen = {}
    for name, day in changes:
        zone = ZoneInfo(name)
        # Aliases and neighbours share their nights: look at each once.
        night = (day, *(zone.utcoffset(datetime.combine(day, time(hour))) for hour in range(24)))
        if night in seen:
            continue
        quarters = seen[night] = quarters_of(day, zone)
        shown = sorted(
            {moment.astimezone(zone).replace(tzinfo=None, fold=0) for moment in quarters}
        )
        [(start, end)] = opened(name, day, ALL_DAY)

        assert (name, start) == (name, quarters[0])
        assert end - start == len(quarters) * 15 * MINUTE
        assert offered(name, day, ALL_DAY, step=15) == [f"{wall:%H:%M}" for wall in shown]
    # Half hours at Lord Howe, two hours at Troll in the Antarctic.
    assert {len(quarters) / 4 for quarters in seen.values()} == {22, 23, 23.5, 24, 24.5, 25, 26}


ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]


@settings(max_examples=60)
@given(
    st.sampled_from(ZONES),
    st.dates(date(2026, 11, 1), date(2029, 12, 31)),
    st.times(time(0, 1)).map(lambda wall: wall.replace(second=0, microsecond=0)),
)
def test_a_day_cut_in_two_is_open_as_long_as_the_uncut_one(zone, day, cut):
    whole = opened(zone, day, ALL_DAY)

    assert opened(zone, day, (time(0), cut), (cut, time(0))) == whole
    assert whole[0].start <= instant_of(datetime.combine(day, cut), ZoneInfo(zone)) <= whole[0].end
