"""What /metrics asks the database about messages. The counters count where things happen."""

from core.observability.metrics import gauges
from notifications.selectors.delivery import oldest_due_seconds, waiting_by_status

gauges.register(
    "holdfast_deliveries_open",
    "Messages that have neither left nor failed",
    waiting_by_status,
    labels=("status",),
)
gauges.register(
    "holdfast_deliveries_overdue_seconds",
    "How long the message that should have left first is late",
    oldest_due_seconds,
)
