"""Recurrence rules: which are taken, and which days they mean."""

from datetime import datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.availability.recurrence import occurrences, parse_rule

# Wednesday, 4 November 2026, nine o'clock on some wall.
FIRST = datetime(2026, 11, 4, 9)  # noqa: DTZ001


def days(text, *, first=FIRST, until=None):
    return [f"{wall:%d.%m.%y}" for wall in occurrences(parse_rule(text), first, until)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", ["04.11.26", "05.11.26", "06.11.26"]),
        ("FREQ=DAILY;INTERVAL=10;COUNT=2", ["04.11.26", "14.11.26"]),
        ("FREQ=DAILY;BYDAY=MO,WE;COUNT=3", ["04.11.26", "09.11.26", "11.11.26"]),
        ("FREQ=DAILY;BYMONTHDAY=-1,4;COUNT=3", ["04.11.26", "30.11.26", "04.12.26"]),
        ("FREQ=WEEKLY;COUNT=2", ["04.11.26", "11.11.26"]),
        ("FREQ=WEEKLY;BYDAY=WE;BYMONTH=1;COUNT=2", ["04.11.26", "06.01.27"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=3", ["04.11.26", "16.11.26", "18.11.26"]),
        (
            "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,WE;COUNT=3",
            ["04.11.26", "15.11.26", "18.11.26"],
        ),
        ("FREQ=MONTHLY;BYDAY=1WE;COUNT=2", ["04.11.26", "02.12.26"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["04.11.26", "30.11.26"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", ["04.11.26", "31.12.26", "31.01.27"]),
        ("FREQ=YEARLY;COUNT=2", ["04.11.26", "04.11.27"]),
        ("FREQ=YEARLY;UNTIL=20281104", ["04.11.26", "04.11.27", "04.11.28"]),
        ("RRULE:freq=weekly;until=20261111T090000", ["04.11.26", "11.11.26"]),
        ("FREQ=WEEKLY;UNTIL=20261111T085959", ["04.11.26"]),
    ],
)
def test_a_rule_names_its_days_and_the_first_is_always_one(text, expected):
    assert days(text) == expected


def test_only_what_comes_before_a_certain_time():
    assert days("FREQ=WEEKLY;COUNT=4", until=FIRST + timedelta(days=14)) == ["04.11.26", "11.11.26"]
    assert days("FREQ=WEEKLY;COUNT=4", until=FIRST) == []


def test_an_end_in_utc_is_read_on_the_clock_of_the_zone():
    rule = parse_rule("FREQ=WEEKLY;UNTIL=20261111T080000Z", zone="Europe/Berlin")

    assert rule.text == "FREQ=WEEKLY;UNTIL=20261111T090000"
    assert len(occurrences(rule, FIRST)) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write a recurrence like"),
        ("every Friday", "Write a recurrence like"),
        ("FREQ=WEEKLY;COUNT", "Write a recurrence like"),
        ("FREQ=WEEKLY;COUNT=8;COUNT=9", "given twice"),
        ("FREQ=WEEKLY", "has to end"),
        ("FREQ=WEEKLY;BYDAY=FR", "has to end"),
        ("FREQ=WEEKLY;COUNT=8;UNTIL=20271224", "not both"),
        ("FREQ=DAILY;COUNT=367", "at most 366"),
        ("FREQ=HOURLY;COUNT=8", "more often than daily"),
        ("FREQ=SECONDLY;COUNT=8", "more often than daily"),
        ("FREQ=FORTNIGHTLY;COUNT=8", "FREQ is one of"),
        ("COUNT=8", "FREQ is one of"),
        ("FREQ=DAILY;BYHOUR=9;COUNT=8", "nothing else"),
        ("FREQ=YEARLY;BYEASTER=0;COUNT=8", "nothing else"),
        ("FREQ=YEARLY;BYWEEKNO=1;COUNT=8", "nothing else"),
        ("FREQ=WEEKLY;X-EVIL=1;COUNT=8", "nothing else"),
        ("FREQ=WEEKLY;BYMONTHDAY=1;COUNT=8", "does not go with"),
        ("FREQ=WEEKLY;BYSETPOS=2;COUNT=8", "does not go with"),
        ("FREQ=WEEKLY;BYDAY=XX;COUNT=8", "BYDAY cannot be read"),
        ("FREQ=WEEKLY;BYDAY=2MO;COUNT=8", "days of a month or of a year"),
        ("FREQ=MONTHLY;BYDAY=6MO;COUNT=8", "days of a month or of a year"),
        ("FREQ=MONTHLY;BYMONTHDAY=32;COUNT=8", "from 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=0;COUNT=8", "from 1 to 31"),
        ("FREQ=YEARLY;BYMONTH=13;COUNT=8", "from 1 to 12"),
        ("FREQ=WEEKLY;INTERVAL=0;COUNT=8", "INTERVAL cannot be read"),
        ("FREQ=WEEKLY;COUNT=-1", "COUNT cannot be read"),
        ("FREQ=WEEKLY;UNTIL=2026-12-24", "Write UNTIL as a date"),
        ("FREQ=WEEKLY;UNTIL=20261224T18", "Write UNTIL as a date"),
        ("FREQ=WEEKLY;UNTIL=20261224T180000Z", "without Z"),
        ("FREQ=WEEKLY;UNTIL=20260230", "no day of the calendar"),
        ("FREQ=WEEKLY;UNTIL=20261224T250000", "no day of the calendar"),
        ("FREQ=WEEKLY;COUNT=8" + ";" * 300, "at most 300 characters"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_a_sentence(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        parse_rule(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("FREQ=DAILY;UNTIL=20271105", "at most 366"),
        ("FREQ=YEARLY;COUNT=12", "within 10 years"),
        ("FREQ=WEEKLY;UNTIL=20370101", "within 10 years"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=2", "within 10 years"),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2", "within 10 years"),
        ("FREQ=WEEKLY;UNTIL=20261103", "ends after it begins"),
    ],
)
def test_a_rule_that_goes_on_for_too_long_is_refused(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        occurrences(parse_rule(text), FIRST)
    assert len(days("FREQ=DAILY;UNTIL=20271104")) == 366


lists_of_days = st.lists(st.sampled_from(["MO", "WE", "SA"]), min_size=1, unique=True)
some = {
    "BYDAY": lists_of_days.map(",".join),
    "BYMONTH": st.sampled_from(["1", "2,11", "12"]),
    "BYMONTHDAY": st.sampled_from(["4", "-1", "1,15,-2"]),
}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]), st.integers(1, 4), st.data())
def test_what_is_left_out_by_us_is_what_dateutil_leaves_out(frequency, interval, data):
    parts = {"FREQ": frequency, "INTERVAL": str(interval)}
    for name, values in some.items():
        fits = frequency != "WEEKLY" or name != "BYMONTHDAY"
        if fits and data.draw(st.booleans(), label=name):
            parts[name] = data.draw(values)
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    end = FIRST + timedelta(days=364)

    ours = occurrences(parse_rule(f"{text};UNTIL={end:%Y%m%d}"), FIRST)

    everything = rrulestr(f"{text};UNTIL={end:%Y%m%dT%H%M%S}", dtstart=FIRST)
    assert ours == [FIRST, *(wall for wall in everything if wall > FIRST)]
