"""The page that Prometheus reads: what was counted, and what the database says now."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from core.observability.metrics import gauges, shared_folder

log = structlog.get_logger(__name__)


def metrics_page() -> bytes:
    """Return every metric in Prometheus' text format, summed over this machine's processes."""
    registry = CollectorRegistry()
    folder = shared_folder()
    registry.register(_Shared(folder) if folder else REGISTRY)
    registry.register(_Gauges())
    return generate_latest(registry)


class _Shared(Collector):
    """What the processes of this machine have written, dead ones included."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        files = [str(file) for file in self.folder.glob("*.db")]
        yield from MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]


class _Gauges(Collector):
    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        for name, (meaning, labels, read) in gauges.known.items():
            family = GaugeMetricFamily(name, meaning, labels=labels)
            try:
                reading = read()
            except Exception as error:  # the counters are worth most when the database is gone
                log.warning("Gauge could not be read", gauge=name, cause=type(error).__name__)
                continue
            readings = reading if isinstance(reading, Mapping) else {(): reading}
            for values, value in readings.items():
                family.add_metric(values, value)
            yield family
