"""A process that counts: `counting.py FOLDER HOW_MANY`, then says so and waits to be let go."""

import sys
from pathlib import Path

from core.observability import metrics
from core.observability.scrape import _Shared


def main() -> None:
    folder, how_many = Path(sys.argv[1]), int(sys.argv[2])
    metrics.share_between_processes(folder)
    counter = metrics.deliveries_total.labels("email", "sent")
    for _ in range(how_many):
        counter.inc()
    samples = (sample for metric in _Shared(folder).collect() for sample in metric.samples)
    total = sum(sample.value for sample in samples if sample.name == "holdfast_deliveries_total")
    sys.stdout.write(f"{total:.0f}\n")
    sys.stdout.flush()
    sys.stdin.readline()


if __name__ == "__main__":
    main()
