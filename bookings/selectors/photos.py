"""Where pictures of resources are."""

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings

from bookings.models import Photo


def photo_path(resource_id: UUID, digest: str) -> str:
    """Return the path of a picture. Another picture has another path, so it is kept for long."""
    return f"/photos/{resource_id}?v={digest[:12]}"


def photo_url(resource_id: UUID, digest: str | None) -> str | None:
    """Return a picture's whole address, for other websites; None without one."""
    return f"{settings.PUBLIC_BASE_URL}{photo_path(resource_id, digest)}" if digest else None


def paths_of_photos(resource_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the paths of the pictures of those who have one. One query."""
    shown = Photo.objects.filter(resource__in=list(resource_ids))
    found = shown.values_list("resource_id", "digest")
    return {resource_id: photo_path(resource_id, digest) for resource_id, digest in found}
