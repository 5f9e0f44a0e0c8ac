"""Changing to another organization: for people who belong to several."""

from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from core.admin.context import CHOSEN, desk_of
from core.models import Organization

SHOWN = 500


def choices_of(request: HttpRequest) -> list[Organization]:
    """Return the organizations that somebody may work in, by name."""
    if request.user.is_superuser:
        return list(Organization.objects.filter(is_active=True)[:SHOWN])
    return [membership.organization for membership in desk_of(request).memberships]


def choose_organization(request: HttpRequest) -> HttpResponseBase:
    """Show the organizations to choose from; a POST of one's id changes to it."""
    if request.method == "POST":
        return _change_to(request, request.POST.get("organization", ""))
    context = {
        **admin.site.each_context(request),
        "title": _("Change organization"),
        "organizations": choices_of(request),
        "current": desk_of(request).organization,
    }
    return TemplateResponse(request, "admin/console/organizations.html", context)


def _change_to(request: HttpRequest, text: str) -> HttpResponseBase:
    try:
        wanted = UUID(text)
    except ValueError as error:
        raise Http404 from error
    if request.user.is_superuser:
        allowed = Organization.objects.filter(pk=wanted, is_active=True).exists()
    else:
        allowed = any(one.organization_id == wanted for one in desk_of(request).memberships)
    if not allowed:
        raise Http404
    request.session[CHOSEN] = str(wanted)
    return HttpResponseRedirect(reverse("admin:index"))
