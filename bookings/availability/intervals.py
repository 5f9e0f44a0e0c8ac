"""Arithmetic on stretches of time.

Everything here is one sweep over sorted lists, linear in their lengths. Instants are aware
and in UTC: two datetimes that share one local zone would be compared by their wall clocks.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple


class Interval(NamedTuple):
    """Half-open and in UTC: `start` is inside, `end` is not."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two share any time; touching ends do not."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Interval") -> bool:
        return self.start <= other.start and other.end <= self.end


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time in as few stretches as possible, sorted; those that touch become one."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if merged and start <= merged[-1].end:
            if end > merged[-1].end:
                merged[-1] = Interval(merged[-1].start, end)
        else:
            merged.append(Interval(start, end))
    return merged


def subtract(free: Iterable[Interval], busy: Iterable[Interval]) -> list[Interval]:
    """What is left of `free` once every stretch of `busy` is taken out of it; both may overlap."""
    left: list[Interval] = []
    taken = merge(busy)
    first = 0
    for start, end in merge(free):
        while first < len(taken) and taken[first].end <= start:
            first += 1
        cursor, index = start, first
        while index < len(taken) and taken[index].start < end:
            if cursor < taken[index].start:
                left.append(Interval(cursor, taken[index].start))
            cursor = taken[index].end
            index += 1
        if cursor < end:
            left.append(Interval(cursor, end))
        first = max(first, index - 1)
    return left


def intersect(one: Iterable[Interval], other: Iterable[Interval]) -> list[Interval]:
    """The time that lies in both."""
    common: list[Interval] = []
    ours, theirs = merge(one), merge(other)
    i = j = 0
    while i < len(ours) and j < len(theirs):
        start = max(ours[i].start, theirs[j].start)
        end = min(ours[i].end, theirs[j].end)
        if start < end:
            common.append(Interval(start, end))
        if ours[i].end <= theirs[j].end:
            i += 1
        else:
            j += 1
    return common


def starts(stretch: Interval, *, step: timedelta) -> list[datetime]:
    """Every instant of `stretch`, `step` apart, beginning with its start."""
    found = []
    cursor, end = stretch
    while cursor < end:
        found.append(cursor)
        cursor += step
    return found


def with_room(
    moments: Sequence[datetime], busy: Sequence[Interval], *, before: timedelta, after: timedelta
) -> tuple[list[datetime], list[datetime]]:
    """Part sorted `moments` into those that have room among `busy`, and the others.

    A moment has room when the stretch from `before` ahead of it to `after` behind it touches
    nothing in `busy`, which is sorted by start and may overlap.
    """
    free: list[datetime] = []
    blocked: list[datetime] = []
    at, count = 0, len(moments)
    for taken_from, taken_to in busy:
        latest, earliest = taken_from - after, taken_to + before
        first = at
        while at < count and moments[at] <= latest:
            at += 1
        if at > first:
            free += moments[first:at]
            first = at
        while at < count and moments[at] < earliest:
            at += 1
        if at > first:
            blocked += moments[first:at]
        if at == count:
            return free, blocked
    free += moments[at:]
    return free, blocked
