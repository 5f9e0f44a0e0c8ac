"""What core itself can say about now. Other apps register theirs in the same way."""

from django.db.models import Min
from django.utils import timezone

from core.models import Outbox
from core.observability.metrics import gauges

COUNTED_AT_MOST = 10_000


def outbox_age_seconds() -> float:
    """How long the oldest event that is due has waited for a worker; 0 when none waits."""
    now = timezone.now()
    oldest = Outbox.objects.filter(not_before__lte=now).aggregate(oldest=Min("created_at"))
    return (now - oldest["oldest"]).total_seconds() if oldest["oldest"] else 0.0


def outbox_waiting() -> float:
    return Outbox.objects.order_by()[:COUNTED_AT_MOST].count()


gauges.register(
    "holdfast_outbox_age_seconds", "Age of the oldest event that waits", outbox_age_seconds
)
gauges.register("holdfast_outbox_waiting", "Events that wait, at most 10000", outbox_waiting)
