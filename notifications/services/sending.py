"""From rows that are due to messages that have left: claim a batch, send it, claim the next.

A run keeps one line to the mail server, opened when the first message leaves.
"""

from collections.abc import Callable
from time import monotonic

from django.utils import timezone

from notifications.models import Delivery
from notifications.services.batch import Batch
from notifications.services.claiming import claim
from notifications.services.run import Run
from notifications.transports import TRANSPORTS

BATCH = 50
# Short, so that a worker that is told to stop stops, and that other tasks have their turn.
LONGEST_RUN_SECONDS = 10.0


def send_due(*, call_for_help: Callable[[], None] | None = None, batch: int = BATCH) -> Run:
    """Send what is due, batch by batch, for at most LONGEST_RUN_SECONDS.

    `call_for_help` is called once when there is more than one batch. When the mail server
    cannot be reached the run ends: the clock's next one asks again, with one connection.
    """
    run = Run(ends=monotonic() + LONGEST_RUN_SECONDS)
    with TRANSPORTS[Delivery.Channel.EMAIL].line() as line:
        while not run.is_over():
            claimed = claim(limit=batch, now=timezone.now())
            if not claimed:
                return run
            if len(claimed) == batch and call_for_help is not None:
                call_for_help()
                call_for_help = None
            if not Batch(claimed, line, run).send():
                return run
    run.is_unfinished = True
    return run
