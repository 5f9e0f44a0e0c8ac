"""A resource's picture: checked, made small, and rid of what a camera writes into it."""

from __future__ import annotations

import hashlib
from io import BytesIO

from django.utils import timezone

from bookings.models import Photo, Resource
from bookings.services.locking import lock_resources
from core import events
from core.access import Caller
from core.db import in_one_transaction, require_transaction
from core.errors import NotFound
from core.pictures import made_small

EDGE = 512  # pixels of the longer side
CONTENT_TYPE = "image/webp"
QUALITIES = (82, 60, 40)  # the first that fits
LARGEST_RESULT = 200_000


@in_one_transaction
def set_photo(resource: Resource, content: bytes, *, caller: Caller) -> Photo:
    """Show this picture of `resource` from now on.

    Records resource.updated. Raises Invalid for what is no picture or too large, NotFound.
    """
    photo = put_photo(resource, make_small(content))
    events.record("resource.updated", resource, caller=caller, fields=["photo"])
    return photo


@in_one_transaction
def remove_photo(resource: Resource, *, caller: Caller) -> None:
    """Show no picture of `resource`. Twice is as good as once. Records resource.updated."""
    if drop_photo(resource):
        events.record("resource.updated", resource, caller=caller, fields=["photo"])


def put_photo(resource: Resource, small: bytes) -> Photo:
    """Keep what `make_small` returned. Inside a transaction. Raises NotFound."""
    _lock(resource)
    made = {
        "content": small,
        "content_type": CONTENT_TYPE,
        "digest": hashlib.sha256(small).hexdigest(),
    }
    photo, _ = Photo.objects.update_or_create(resource=resource, defaults=made)
    Resource.objects.filter(pk=resource.pk).update(updated_at=timezone.now())
    return photo


def drop_photo(resource: Resource) -> bool:
    """Remove the picture; return whether there was one. Inside a transaction."""
    _lock(resource)
    return bool(Photo.objects.filter(resource=resource).delete()[0])


def make_small(content: bytes) -> bytes:
    """Return a picture as WebP of at most 512 by 512 pixels. Raises Invalid."""
    bare = made_small(content, width=EDGE, height=EDGE, field="photo")
    for quality in QUALITIES:
        written = BytesIO()
        bare.save(written, "WEBP", quality=quality)
        if written.tell() <= LARGEST_RESULT:
            break
    return written.getvalue()


def _lock(resource: Resource) -> None:
    require_transaction()
    if resource.pk not in lock_resources([resource.pk]):
        raise NotFound
