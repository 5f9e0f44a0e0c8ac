"""Free times: against bare SQL, against a plain row, and with a hundred times as many bookings.

`python -m benchmarks.availability` prints ratios of one run; nothing in it asserts a time.
"""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import repeat
from statistics import median
from typing import Any

from benchmarks import system

ROUNDS = 60
FEW, MANY = 10_000, 1_000_000
DAYS = 30


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--many", type=int, default=MANY, help="bookings kept in the second part")
    options = parser.parse_args()
    system.prepare()
    from benchmarks import data
    from benchmarks.api import compare
    from benchmarks.load import request
    from benchmarks.models import FloorRow

    with system.web() as port:
        stage = data.stage(data.OFFICE)
        ahead = data.book_ahead(stage, days=DAYS)
        data.fill(stage, bookings=FEW)
        few = in_process(stage)
        people = len(stage.resource_ids)
        print(f"{FEW} bookings kept and {ahead} ahead; one service, {people} resources")
        print(
            f"  {DAYS} days: {few.ours * 1000:.2f} ms against {few.bare * 1000:.2f} ms of bare SQL"
        )
        print(
            f"  free times / bare SQL that reads the allocations        {few.ours / few.bare:6.2f}"
        )
        print(f"  statements of a call                                    {few.statements:6d}")

        def get(path: str) -> Callable[[], Any]:
            return lambda: repeat(request("GET", path, port=port, key=stage.key))

        plain = FloorRow.objects.filter(organization_id=stage.organization_id).first()
        first = data.tomorrow()
        day = f"from={first:%Y-%m-%d}&to={first + timedelta(days=1):%Y-%m-%d}"
        month = f"from={first:%Y-%m-%d}&to={first + timedelta(days=DAYS):%Y-%m-%d}"
        one = f"/api/availability?serviceId={stage.service_id}&resourceId={stage.resource_ids[0]}"
        compare(
            "one resource-day / one plain row",
            get(f"{one}&{day}"),
            get(f"/api/floor/rows/{plain.pk}"),
            port=port,
        )
        compare(
            f"{DAYS} days of one resource / one day",
            get(f"{one}&{month}"),
            get(f"{one}&{day}"),
            port=port,
        )
        data.fill(stage, bookings=options.many, already=FEW)
        many = in_process(stage)
        print(f"{options.many} bookings kept")
        print(f"  {DAYS} days: {many.ours * 1000:.2f} ms")
        print(
            f"  free times with many / with few                         {many.ours / few.ours:6.2f}"
        )
    return 0


class Measured:
    """Medians in seconds, of calls that alternate."""

    def __init__(self, ours: list[float], bare: list[float], statements: int) -> None:
        self.ours, self.bare, self.statements = median(ours), median(bare), statements


def in_process(stage: Any) -> Measured:
    """Time `free_slots` over all resources and the one statement that reads what is busy."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from benchmarks import data
    from bookings.availability.intervals import Interval
    from bookings.models import Lane, Service
    from bookings.models.allocation import LONGEST_ALLOCATION
    from bookings.selectors.slots import BUSY, IN_ORDER, LIVE_IN, free_slots
    from core.db import rows

    service = Service.objects.select_related("organization").get(pk=stage.service_id)
    window = Interval(data.tomorrow(), data.tomorrow() + timedelta(days=DAYS))
    minutes = service.durations[0]
    lanes = list(Lane.objects.filter(resource__in=stage.resource_ids).values_list("pk", flat=True))
    parameters = [lanes, window.end, window.start - LONGEST_ALLOCATION, window.start]

    def ours() -> object:
        return free_slots(service, window, minutes=minutes, now=timezone.now())

    def bare() -> object:
        return rows(BUSY + LIVE_IN + IN_ORDER, parameters)

    with CaptureQueriesContext(connection) as captured:
        ours()
    pairs = [(seconds(ours), seconds(bare)) for _ in range(ROUNDS)]
    return Measured([one for one, _ in pairs], [bare for _, bare in pairs], len(captured))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
