"""The record of processing activities as a page to read and to print."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.admin.context import desk_of, organization_of
from core.admin.pages import console_page
from core.processing import processing_record

SCOPE = "organization:write"


@console_page("processing-record/", name="processing_record")
def processing_page(request: HttpRequest) -> HttpResponseBase:
    """Show what is kept of whom, why and for how long, as it is set up at this moment."""
    if not desk_of(request).may(SCOPE):
        raise PermissionDenied
    request.current_app = admin.site.name
    record = processing_record(organization_of(request), now=timezone.now())
    context = {**record, "title": _("Processing record"), "up_url": reverse("admin:index")}
    return TemplateResponse(request, "admin/privacy/processing.html", context)
