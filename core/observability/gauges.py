"""What core itself can say about now. Other apps register theirs in the same way."""

from django.db.models import Min
from django.utils import timezone

from core.models import Checkup, Outbox
from core.observability.metrics import gauges
from core.services.checkup import number_seen_by

COUNTED_AT_MOST = 10_000


def outbox_age_seconds() -> float:
    """How long the oldest event that is due has waited for a worker; 0 when none waits."""
    now = timezone.now()
    oldest = Outbox.objects.filter(not_before__lte=now).aggregate(oldest=Min("created_at"))
    return (now - oldest["oldest"]).total_seconds() if oldest["oldest"] else 0.0


def outbox_waiting() -> float:
    return Outbox.objects.order_by()[:COUNTED_AT_MOST].count()


def checkup_findings() -> float:
    """How much the last checkup of everybody's rows found; 0 before the first one."""
    of_all = Checkup.objects.filter(organization=None)
    return float(of_all.values_list(number_seen_by(None), flat=True).first() or 0)


def checkup_age_seconds() -> float:
    """How long ago that was; 0 before the first one."""
    last = Checkup.objects.filter(organization=None).values_list("finished_at", flat=True).first()
    return (timezone.now() - last).total_seconds() if last else 0.0


gauges.register(
    "holdfast_outbox_age_seconds", "Age of the oldest event that waits", outbox_age_seconds
)
gauges.register("holdfast_outbox_waiting", "Events that wait, at most 10000", outbox_waiting)
gauges.register(
    "holdfast_checkup_findings", "Rows that the last checkup found wrong", checkup_findings
)
gauges.register("holdfast_checkup_age_seconds", "Time since the last checkup", checkup_age_seconds)
