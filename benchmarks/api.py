"""The API against the floor. `python -m benchmarks.api [--rows N]` prints ratios of one run."""

import argparse
import sys
from collections.abc import Callable, Iterator
from itertools import repeat
from statistics import median
from urllib.request import Request, urlopen

import orjson

from benchmarks import system
from benchmarks.load import Result, request, run

ROUNDS = 5
SECONDS = 3.0

Source = Callable[[], Iterator[bytes]]


def compare(name: str, ours: Source, floor: Source, *, port: int, good: int = 200) -> float:
    """Alternate rounds of both, print and return the median ratio of the rates."""
    ratios, rates, floors, p50, p95 = [], [], [], [], []
    for _ in range(ROUNDS):
        below = checked(run(floor(), port=port, seconds=SECONDS), good)
        above = checked(run(ours(), port=port, seconds=SECONDS), good)
        ratios.append(above.rate / below.rate)
        rates.append(above.rate)
        floors.append(below.rate)
        p50.append(above.p50_ms)
        p95.append(above.p95_ms)
    print(
        f"{name:<58} {median(ratios):6.2f}   {median(rates):7.0f}/s against "
        f"{median(floors):7.0f}/s   p50 {median(p50):6.1f} ms  p95 {median(p95):6.1f} ms",
        flush=True,
    )
    return median(ratios)


def checked(result: Result, good: int) -> Result:
    if set(result.statuses) != {good}:
        raise SystemExit(f"Expected {good} alone and got {result.statuses}.")
    return result


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000, help="bookings kept (10 000)")
    parser.add_argument("--only", default="", help="a word of the comparison's name")
    options = parser.parse_args()
    system.prepare()
    from benchmarks import data

    with system.web() as port:
        stage = data.stage()
        wishes = data.wishes(stage, port=port)
        checked(run(iter([next(wishes)]), port=port, seconds=1, connections=1), 201)
        data.fill(stage, bookings=options.rows)

        def get(path: str) -> Source:
            return lambda: repeat(request("GET", path, port=port, key=stage.key))

        def read(path: str) -> dict:
            address = f"http://127.0.0.1:{port}{path}"
            with urlopen(Request(address, headers={"X-API-Key": stage.key})) as answer:
                return orjson.loads(answer.read())

        from benchmarks.models import FloorRow

        one = read("/api/bookings?limit=1")["data"][0]["id"]
        plain = FloorRow.objects.filter(organization_id=stage.organization_id).first()
        values, models = get("/api/floor/values"), get("/api/floor/models")
        fifty = get("/api/bookings?limit=50&cursor=")
        inserts = data.plain_inserts(stage, port=port)
        # What a key and the tenant wall cost: the same rows by the same code without them.
        nobody = request(
            "GET", f"/api/floor/open/{stage.organization_id}?limit=50&cursor=", port=port
        )
        comparisons = [
            (
                "list of 50 by cursor / without key, scope and wall",
                fifty,
                lambda: repeat(nobody),
                200,
            ),
            ("creating a booking / one INSERT", lambda: wishes, lambda: inserts, 201),
            ("list of 50 encrypted by cursor / values() and orjson", fifty, values, 200),
            ("list of 50 encrypted by cursor / ModelSerializer", fifty, models, 200),
            (
                "list of 50 encrypted by page, counted / values() and orjson",
                get("/api/bookings?limit=50"),
                values,
                200,
            ),
            (
                "one encrypted booking / one plain row",
                get(f"/api/bookings/{one}"),
                get(f"/api/floor/rows/{plain.pk}"),
                200,
            ),
            ("cursor at the end / cursor at the beginning", get(deep_page(stage)), fifty, 200),
        ]
        print(f"{options.rows} bookings kept; {ROUNDS} rounds of {SECONDS:g} s each, alternating")
        for name, ours, floor, good in comparisons:
            if options.only in name:
                compare(name, ours, floor, port=port, good=good)
    return 0


def deep_page(stage) -> str:
    """Return the path of the page that begins fifty rows before the end."""
    from bookings.models import Booking
    from core.api.pagination import Order, _write

    rows = Booking.objects.filter(organization_id=stage.organization_id)
    last = rows.order_by("-starts_at", "-id").values("starts_at", "id")[60]
    return f"/api/bookings?limit=50&cursor={_write(last, Order('starts_at'), backwards=False)}"


if __name__ == "__main__":
    sys.exit(main())
