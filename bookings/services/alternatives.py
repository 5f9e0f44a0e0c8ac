"""What else is free, told with the refusal of a time that is taken."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from bookings.availability.engine import FreeStart
from bookings.errors import SlotTaken
from bookings.models import Service
from bookings.selectors.slots import alternatives_to


def with_alternatives(
    taken: SlotTaken,
    service: Service,
    starts_at: datetime,
    *,
    minutes: int,
    resource_id: UUID | None,
    among: Collection[UUID] | None = None,
    besides: tuple[UUID, ...] = (),
    without: UUID | None = None,
) -> SlotTaken:
    """Return the refusal with up to three free times near the one that was wanted."""
    nearby = alternatives_to(
        service,
        starts_at,
        minutes=minutes,
        resource_id=resource_id,
        among=among,
        besides=besides,
        without=without,
    )
    refusal = SlotTaken(alternatives=present_slots(nearby, minutes))
    refusal.details = {**taken.details, **refusal.details}
    return refusal


def present_slots(slots: Sequence[FreeStart], minutes: int) -> list[dict[str, object]]:
    """Return free times as a refusal's `alternatives`."""
    length = timedelta(minutes=minutes)
    return [
        {
            "startTime": slot.start,
            "endTime": slot.start + length,
            "resourceIds": list(slot.resource_ids),
        }
        for slot in slots
    ]
