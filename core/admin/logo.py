"""The organization's logo: given as a file or by an address, shown, taken away. Below Settings."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin.context import caller_of
from core.admin.panels import panel
from core.admin.refusals import SENTENCES, sentence_of, sentences_by_field
from core.errors import DomainError
from core.models import Organization
from core.outbound import LONGEST_ADDRESS, NotFetched
from core.pictures import MOST_BYTES, TOO_LARGE
from core.services.logo import remove_logo, set_logo, set_logo_from

if TYPE_CHECKING:
    from core.admin.base import HouseAdmin


class LogoForm(forms.Form):
    """A file, or an address. The service looks into it; here only that it is one of them."""

    logo = forms.FileField(
        label=gettext_lazy("A file"),
        help_text=gettext_lazy(
            "JPEG, PNG or WebP, 5 MB at most. A wide one with a transparent or white ground "
            "looks best."
        ),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    url = forms.CharField(
        label=gettext_lazy("Or its address on the web"),
        help_text=gettext_lazy("It is fetched once, and kept here."),
        required=False,
        max_length=LONGEST_ADDRESS,
        widget=forms.URLInput(
            attrs={"placeholder": "https://www.example.com/logo.png", "autocomplete": "off"}
        ),
    )

    def clean(self) -> None:
        sent, url = self.cleaned_data.get("logo"), self.cleaned_data.get("url")
        if bool(sent) == bool(url) and not self.errors:
            raise forms.ValidationError(_("Choose a file, or write an address."))

    def clean_logo(self) -> bytes:
        sent = self.cleaned_data["logo"]
        if sent and sent.size > MOST_BYTES:
            raise forms.ValidationError(str(SENTENCES[TOO_LARGE]))
        return sent.read() if sent else b""


def logo_view(page: HouseAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Show the logo and the ways to another; a POST takes one of them.

    Not a part of the form of the settings: that is one transaction, and nothing is fetched in it.
    """
    organization: Organization = page.row(request, pk)
    if not page.has_change_permission(request):
        raise PermissionDenied
    settings = reverse("admin:core_organization_change", args=[pk])
    if request.POST.get("go") == "remove":
        page.attempt(
            request,
            lambda: remove_logo(organization, caller=caller_of(request)),
            done=_("The name stands alone now."),
        )
        return HttpResponseRedirect(settings)
    is_sent = request.method == "POST"
    form = LogoForm(request.POST, request.FILES) if is_sent else LogoForm()
    if is_sent and form.is_valid() and _take(form, organization, request):
        page.message_user(request, _("The logo is on every page and in every mail from now on."))
        return HttpResponseRedirect(settings)
    return page.page(
        request,
        "admin/console/logo.html",
        title=_("Logo"),
        form=form,
        shown=organization,
        up_url=settings,
        up_title=_("Settings"),
    )


def _take(form: LogoForm, organization: Organization, request: HttpRequest) -> bool:
    caller, content = caller_of(request), form.cleaned_data["logo"]
    try:
        if content:
            set_logo(organization, content, caller=caller)
        else:
            set_logo_from(organization, form.cleaned_data["url"], caller=caller)
    except DomainError as refusal:
        wrong = sentences_by_field(refusal)
        if not wrong:
            at = "url" if isinstance(refusal, NotFetched) else None
            form.add_error(at, sentence_of(refusal))
        for field, sentences in wrong.items():
            form.add_error(field, sentences)
        return False
    return True


@panel("organization.page")
def logo_on_the_settings(request: HttpRequest, *, organization: Organization) -> SafeString:
    """Show the logo above the settings, with the way to another."""
    context = {"shown": organization}
    return render_to_string("admin/console/logo_panel.html", context, request=request)
