"""Every organization of the installation, for who administers it: opened, closed, opened again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.services.opening import open_for_business
from core import times
from core.admin.context import CHOSEN
from core.admin.organization import languages
from core.admin.pages import console_page
from core.admin.refusals import sentence_of, sentences_by_field
from core.errors import DomainError
from core.models import Organization
from core.services.organization import SlugTaken, close_organization, reopen_organization

SHOWN = 500


class NewOrganizationForm(forms.Form):
    """Checked by the service; here only that nothing is endless."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    slug = forms.SlugField(
        label=gettext_lazy("Name in addresses"),
        max_length=63,
        help_text=gettext_lazy("Small letters, digits and hyphens. It stays."),
    )
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=times.zone_choices)
    locale = forms.ChoiceField(label=gettext_lazy("Language"), choices=languages)
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, initial="EUR")
    contact_email = forms.EmailField(
        label=gettext_lazy("Address that customers may write to"), required=False
    )
    admin_email = forms.EmailField(
        label=gettext_lazy("Address that hears of new bookings"), required=False
    )


@console_page("installation/", name="installation")
def organizations_page(request: HttpRequest) -> HttpResponseBase:
    """List the organizations, the closed ones too."""
    _require_administrator(request)
    return _page(
        request,
        "admin/bookings/installation.html",
        title=_("All organizations"),
        organizations=Organization.objects.all()[:SHOWN],
    )


@console_page("installation/new/", name="installation_new")
def new_organization_page(request: HttpRequest) -> HttpResponseBase:
    """Ask for a name and a place; a POST opens it, and changes to it."""
    _require_administrator(request)
    form = NewOrganizationForm(request.POST or None, initial={"timezone": "UTC"})
    if request.method == "POST" and form.is_valid():
        try:
            organization = open_for_business(**form.cleaned_data, by=request.user.pk)
        except DomainError as error:
            _tell(form, error)
        else:
            request.session[CHOSEN] = str(organization.pk)
            said = _("%(name)s is open, and you work in it now. Invite who runs it, below People.")
            messages.success(request, said % {"name": organization.name})
            return HttpResponseRedirect(reverse("admin:core_membership_changelist"))
    return _page(
        request,
        "admin/console/form.html",
        title=_("New organization"),
        form=form,
        button=_("Open it"),
        up_url=reverse("admin:installation"),
        up_title=_("All organizations"),
    )


@console_page("installation/<uuid:pk>/close/", name="installation_close")
def close_page(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Ask; a POST closes it."""
    organization = _organization(request, pk)
    if request.method == "POST":
        close_organization(organization, by=request.user.pk)
        messages.success(request, _("%(name)s is closed.") % {"name": organization.name})
        return HttpResponseRedirect(reverse("admin:installation"))
    return _page(
        request,
        "admin/console/confirm.html",
        title=_("Close %(name)s") % {"name": organization.name},
        question=_("Close %(name)s?") % {"name": organization.name},
        consequence=_(
            "Its pages are gone, its keys are refused, and its people cannot work in it. "
            "Nothing is deleted: it can be opened again."
        ),
        button=_("Close it"),
        up_url=reverse("admin:installation"),
        up_title=_("All organizations"),
    )


@console_page("installation/<uuid:pk>/reopen/", name="installation_reopen")
def reopen_page(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A POST opens a closed one again."""
    organization = _organization(request, pk)
    if request.method == "POST":
        reopen_organization(organization, by=request.user.pk)
        messages.success(request, _("%(name)s is open again.") % {"name": organization.name})
    return HttpResponseRedirect(reverse("admin:installation"))


def _require_administrator(request: HttpRequest) -> None:
    if not request.user.is_superuser:
        raise PermissionDenied


def _organization(request: HttpRequest, pk: UUID) -> Organization:
    _require_administrator(request)
    organization = Organization.objects.filter(pk=pk).first()
    if organization is None:
        raise Http404
    return organization


def _page(request: HttpRequest, template: str, *, title: str, **context: Any) -> TemplateResponse:
    request.current_app = admin.site.name
    context = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, template, context)


def _tell(form: forms.Form, error: DomainError) -> None:
    if isinstance(error, SlugTaken):
        form.add_error("slug", sentence_of(error))
        return
    fields = sentences_by_field(error)
    for name, said in fields.items():
        form.add_error(name if name in form.fields else None, said)
    if not fields:
        form.add_error(None, sentence_of(error))
