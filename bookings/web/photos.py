"""Pictures of resources, for everybody: `/photos/{resource}`."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from bookings.models import Photo
from bookings.selectors.photos import photo_path
from bookings.services.photo import CONTENT_TYPE
from core.web.pictures import answer_picture


@require_safe
def photo(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Answer the picture of somebody who can be booked."""
    shown = Photo.objects.filter(
        resource=pk, resource__is_active=True, resource__organization__is_active=True
    )
    digest = shown.values_list("digest", flat=True).first()
    if digest is None:
        raise Http404

    def read() -> bytes | None:
        content = shown.filter(digest=digest).values_list("content", flat=True).first()
        return None if content is None else bytes(content)

    return answer_picture(
        request, digest=digest, path=photo_path(pk, digest), content_type=CONTENT_TYPE, read=read
    )
