"""A message on the queue is only a nudge; the rows decide what is done."""

from celery import shared_task

NUDGED_BATCHES = 50


@shared_task
def relay_outbox() -> None:
    """Hand every waiting event to its handlers."""
    from core import events  # the spine names this task, so it cannot be imported above

    for _ in range(NUDGED_BATCHES):
        if events.relay() < events.BATCH:
            return
