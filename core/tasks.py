"""A message on the queue is only a nudge; the rows decide what is done."""

from celery import shared_task
from django.utils import timezone

from core.audit import sealing
from core.models import IdempotentRequest
from core.models.idempotency import KEPT_FOR
from core.services import checkup, guarding

NUDGED_BATCHES = 50
BATCH = 1_000
# Less than the broker's visibility timeout: what takes longer would be begun a second time.
LONGEST_CHECKUP_SECONDS = 30 * 60


@shared_task
def relay_outbox() -> None:
    """Hand every waiting event to its handlers."""
    from core import events  # the spine names this task, so it cannot be imported above

    for _ in range(NUDGED_BATCHES):
        if events.relay() < events.BATCH:
            return


@shared_task
def forget_old_answers() -> None:
    """Delete the answers that no Idempotency-Key can ask for any more."""
    old = timezone.now() - KEPT_FOR
    while True:
        batch = IdempotentRequest.objects.filter(created_at__lt=old).values("pk")[:BATCH]
        deleted, _ = IdempotentRequest.objects.filter(pk__in=batch).delete()
        if deleted < BATCH:
            return


@shared_task
def forget_old_sign_ins() -> None:
    """Delete spent tokens that have expired, sessions long over, and old failures."""
    from core.services import sessions  # it records, so it cannot be imported above either

    sessions.forget_old_sessions()
    guarding.forget_old_guards()


@shared_task(soft_time_limit=LONGEST_CHECKUP_SECONDS, time_limit=LONGEST_CHECKUP_SECONDS + 60)
def check_up() -> None:
    """Ask every check of the doctor, and forget what was found long ago."""
    checkup.check_up_tonight()
    checkup.forget_old_checkups()


@shared_task
def seal_events() -> None:
    """Seal what was written since the last round."""
    sealing.seal_events()


@shared_task(soft_time_limit=LONGEST_CHECKUP_SECONDS, time_limit=LONGEST_CHECKUP_SECONDS + 60)
def seal_all_events() -> None:
    """Seal whatever no round has found, and log where each organization's trail ends."""
    sealing.seal_all_events()
