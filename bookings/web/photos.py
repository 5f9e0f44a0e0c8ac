"""Pictures of resources, for everybody: `/photos/{resource}`."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from bookings.models import Photo
from bookings.selectors.photos import photo_path

A_YEAR, FIVE_MINUTES = 365 * 24 * 3600, 300  # seconds


@require_safe
def photo(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Answer the picture of somebody who can be booked, or 304 to who has it as it is.

    Under the address that names this very picture it is kept for a year.
    """
    shown = Photo.objects.filter(
        resource=pk, resource__is_active=True, resource__organization__is_active=True
    )
    digest = shown.values_list("digest", flat=True).first()
    if digest is None:
        raise Http404
    response = get_conditional_response(request, etag=f'"{digest}"')
    if response is None:
        found = shown.first()
        if found is None:
            raise Http404
        digest = found.digest
        response = HttpResponse(bytes(found.content), content_type=found.content_type)
    is_this_one = request.get_full_path() == photo_path(pk, digest)
    seconds = f"{A_YEAR}, immutable" if is_this_one else str(FIVE_MINUTES)
    response.headers["ETag"] = f'"{digest}"'
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
