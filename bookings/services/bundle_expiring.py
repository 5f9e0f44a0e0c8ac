"""Saying in time that a bundle ends with sessions left: the clock's part."""

from datetime import timedelta

from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from bookings.models import BundlePurchase
from core import events
from core.access import Caller
from core.db import in_one_transaction
from core.models import Event

ANNOUNCED = "bundle.expiry_announced"
BEFORE = timedelta(days=7)
# Who buys one that is valid for a few days knows when it ends.
NOT_WITHIN = timedelta(days=7)
ANNOUNCED_BATCH = 200


@in_one_transaction
def announce_expiring_bundles() -> int:
    """Record bundle.expiry_announced, once, of each active bundle that ends within a week.

    Returns how many were looked at. Any number of workers may do this at once: each takes rows
    that no other has, and asks once more whether another was faster.
    """
    now = timezone.now()
    ending = BundlePurchase.objects.filter(
        remaining_sessions__gt=0,
        valid_to_at__gt=now,
        valid_to_at__lte=now + BEFORE,
        created_at__lte=F("valid_to_at") - BEFORE - NOT_WITHIN,
    )
    said = Event.objects.filter(name=ANNOUNCED, subject_id=OuterRef("pk"))
    due = ending.filter(~Exists(said)).order_by("valid_to_at")
    locked = due.select_for_update(of=("self",), skip_locked=True, no_key=True)
    bundles = list(locked[:ANNOUNCED_BATCH])
    by_others = set(
        Event.objects.filter(
            name=ANNOUNCED, subject_id__in=[bundle.pk for bundle in bundles]
        ).values_list("subject_id", flat=True)
    )
    for bundle in bundles:
        if bundle.pk not in by_others:
            clock = Caller.clock(bundle.organization_id)
            events.record(ANNOUNCED, bundle, caller=clock, valid_to_at=bundle.valid_to_at)
    return len(bundles)
