from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bookings.availability.intervals import Interval, intersect, merge, starts, subtract, with_room

MINUTE = timedelta(minutes=1)
NOON = datetime(2030, 6, 3, 12, tzinfo=UTC)


def at(hour, minute=0):
    return datetime(2030, 6, 3, hour, minute, tzinfo=UTC)


def during(start, end):
    return Interval(at(start), at(end))


def test_a_lunch_break_splits_the_day():
    assert subtract([during(9, 17)], [during(12, 13)]) == [during(9, 12), during(13, 17)]


def test_a_break_at_the_edge_leaves_no_empty_stretch():
    assert subtract([during(9, 17)], [during(8, 10), during(16, 18)]) == [during(10, 16)]
    assert subtract([during(9, 17)], [during(9, 17)]) == []


def test_one_absence_can_cut_into_two_shifts():
    assert subtract([during(8, 12), during(13, 17)], [during(11, 14)]) == [
        during(8, 11),
        during(14, 17),
    ]


def test_overlapping_absences_count_once():
    busy = [during(10, 15), during(11, 12), during(14, 16)]

    assert subtract([during(9, 17)], busy) == [during(9, 10), during(16, 17)]


def test_stretches_that_touch_are_one():
    assert merge([during(12, 17), during(9, 12), during(18, 18), during(19, 20)]) == [
        during(9, 17),
        during(19, 20),
    ]


def test_a_short_stretch_inside_a_long_one_does_not_shorten_it():
    assert merge([during(9, 17), during(10, 11)]) == [during(9, 17)]


def test_what_two_people_have_in_common():
    ours = [during(8, 12), during(13, 17)]
    theirs = [during(10, 14), during(16, 20)]

    assert intersect(ours, theirs) == [during(10, 12), during(13, 14), during(16, 17)]


def test_people_who_only_meet_at_the_door_have_nothing_in_common():
    assert intersect([during(8, 12)], [during(12, 13)]) == []


def test_steps_begin_with_the_start_and_stop_before_the_end():
    assert starts(during(9, 10), step=20 * MINUTE) == [at(9), at(9, 20), at(9, 40)]


def test_an_appointment_may_begin_when_the_last_ends_and_end_when_the_next_begins():
    hourly = [at(9), at(10), at(11), at(12)]

    free, blocked = with_room(hourly, [during(10, 11)], before=0 * MINUTE, after=60 * MINUTE)

    assert free == [at(9), at(11), at(12)]
    assert blocked == [at(10)]


def test_room_is_needed_before_and_after():
    hourly = [at(8), at(9), at(10), at(11), at(12)]

    free, blocked = with_room(hourly, [during(10, 11)], before=MINUTE, after=61 * MINUTE)

    assert free == [at(8), at(12)]
    assert blocked == [at(9), at(10), at(11)]


minutes_of_day = st.integers(0, 120)
intervals = st.lists(
    st.tuples(minutes_of_day, minutes_of_day).map(
        lambda ends: Interval(NOON + min(ends) * MINUTE, NOON + max(ends) * MINUTE)
    ),
    max_size=8,
)


def minutes_in(stretches):
    return {
        minute
        for minute in range(120)
        if any(start <= NOON + minute * MINUTE < end for start, end in stretches)
    }


@given(intervals, intervals)
def test_arithmetic_on_stretches_is_arithmetic_on_their_minutes(one, other):
    assert minutes_in(merge(one)) == minutes_in(one)
    assert minutes_in(subtract(one, other)) == minutes_in(one) - minutes_in(other)
    assert minutes_in(intersect(one, other)) == minutes_in(one) & minutes_in(other)


@given(intervals, intervals)
def test_every_answer_is_sorted_with_gaps_between_its_stretches(one, other):
    for answer in (merge(one), subtract(one, other), intersect(one, other)):
        assert all(start < end for start, end in answer)
        assert all(a.end < b.start for a, b in pairwise(answer))


@given(intervals, st.sets(minutes_of_day), st.integers(0, 20), st.integers(1, 60))
def test_a_moment_has_room_exactly_when_nothing_overlaps_what_it_needs(busy, at, before, after):
    busy = sorted(stretch for stretch in busy if stretch.start < stretch.end)
    moments = [NOON + minute * MINUTE for minute in sorted(at)]

    free, blocked = with_room(moments, busy, before=before * MINUTE, after=after * MINUTE)

    assert sorted(free + blocked) == moments
    for moment in moments:
        needed = Interval(moment - before * MINUTE, moment + after * MINUTE)
        assert (moment in free) == (not any(needed.overlaps(stretch) for stretch in busy))
