"""What else is free, told with the refusal of a time that is taken."""

from datetime import datetime, timedelta
from uuid import UUID

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
    besides: tuple[UUID, ...] = (),
    without: UUID | None = None,
) -> SlotTaken:
    """Return the refusal with up to three free times near the one that was wanted."""
    nearby = alternatives_to(
        service,
        starts_at,
        minutes=minutes,
        resource_id=resource_id,
        besides=besides,
        without=without,
    )
    length = timedelta(minutes=minutes)
    offered = [
        {
            "startTime": slot.start,
            "endTime": slot.start + length,
            "resourceIds": list(slot.resource_ids),
        }
        for slot in nearby
    ]
    refusal = SlotTaken(alternatives=offered)
    refusal.details = {**taken.details, **refusal.details}
    return refusal
