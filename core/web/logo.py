"""Logos of organizations, for everybody: `/logos/{organization}`."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from core.models import Logo, Organization
from core.services.logo import CONTENT_TYPE
from core.web.pictures import answer_picture


@require_safe
def logo(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Answer the logo of an organization that is open."""
    shown = Organization.objects.filter(pk=pk, is_active=True).exclude(logo_digest="").first()
    if shown is None:
        raise Http404
    content = Logo.objects.filter(organization=pk).values_list("content", flat=True)

    def read() -> bytes | None:
        found = content.first()
        return None if found is None else bytes(found)

    return answer_picture(
        request,
        digest=shown.logo_digest,
        path=shown.logo_path,
        content_type=CONTENT_TYPE,
        read=read,
    )
