"""A message on the queue is only a nudge; the rows decide what is sent."""

from functools import partial

import structlog
from celery import shared_task
from django.utils import timezone

from core.models import Organization
from core.queue import nudge
from notifications.services import reminder, retention
from notifications.services.promising import SENDER
from notifications.services.sending import send_due

LONGEST_RETENTION_SECONDS = 30 * 60  # what is not done then goes on the next night
BATCHES = 50  # of reminders in one run; the clock's next one goes on

log = structlog.get_logger(__name__)


@shared_task(name=SENDER)
def send_due_deliveries() -> None:
    """Send what is due. When there is much, wake another worker; when not done, oneself."""
    run = send_due(call_for_help=partial(nudge, SENDER))
    if run.is_unfinished:
        nudge(SENDER)
    if run.wake_in is not None:
        _wake_in(run.wake_in.total_seconds())


@shared_task
def tell_due_reminders() -> None:
    """Make events of the reminders that are due."""
    for _ in range(BATCHES):
        if reminder.tell_due_reminders(now=timezone.now()) < reminder.BATCH:
            return


@shared_task(soft_time_limit=LONGEST_RETENTION_SECONDS, time_limit=LONGEST_RETENTION_SECONDS + 60)
def apply_retention() -> None:
    """Let go of people and messages that their organizations keep no longer."""
    for organization in Organization.objects.order_by("pk"):
        retention.apply_retention(organization)


def _wake_in(seconds: float) -> None:
    try:
        send_due_deliveries.apply_async(countdown=seconds, retry=False)
    except Exception as error:  # the clock finds the rows that this was about
        log.warning("Wake-up dropped", error=type(error).__name__)
