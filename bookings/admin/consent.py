"""What customers are asked to agree to: the texts, their versions, and what somebody said."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import ConsentEntry, ConsentText, Customer
from bookings.selectors.consent import latest_texts
from bookings.services.consent import (
    LONGEST_KEY,
    LONGEST_TEXT,
    withdraw_consent,
    write_consent_text,
)
from core.admin.base import HouseAdmin
from core.admin.context import caller_of, desk_of, organization_of
from core.admin.pages import console_page
from core.errors import Invalid

SCOPE = "organization:write"
TEXT = "text_"  # before a language
REQUIRED, OPTIONAL, NOT_ASKED = "required", "optional", "not_asked"
ASKING = [
    (REQUIRED, gettext_lazy("Required: nobody books for themselves without")),
    (OPTIONAL, gettext_lazy("Up to the customer")),
    (NOT_ASKED, gettext_lazy("Not asked")),
]


class ConsentTextForm(forms.Form):
    """A text in each language that is spoken here; one is enough."""

    key = forms.SlugField(
        label=gettext_lazy("Short name"),
        max_length=LONGEST_KEY,
        help_text=gettext_lazy(
            "For programs, like privacy or marketing. It stays, whatever the text becomes."
        ),
    )
    asking = forms.ChoiceField(
        label=gettext_lazy("Is it asked?"), choices=ASKING, widget=forms.RadioSelect
    )

    def __init__(self, data: Any = None, *, text: ConsentText | None, chosen: str) -> None:
        initial = {"asking": chosen, **_known(text)}
        super().__init__(data, initial=initial)
        self.use_required_attribute = False
        if text is not None:
            del self.fields["key"]
        asking = self.fields.pop("asking")
        for code, language in settings.LANGUAGES:
            self.fields[f"{TEXT}{code}"] = forms.CharField(
                label=_("Text, %(language)s") % {"language": language},
                max_length=LONGEST_TEXT,
                required=False,
                widget=forms.Textarea(attrs={"rows": 4, "lang": code}),
            )
        last = self.fields[f"{TEXT}{settings.LANGUAGES[-1][0]}"]
        last.help_text = _("Stands beside the box to tick. Addresses in it can be clicked.")
        self.fields["asking"] = asking

    def texts(self) -> dict[str, str]:
        named = self.cleaned_data.items()
        return {name.removeprefix(TEXT): text for name, text in named if name.startswith(TEXT)}

    def clean(self) -> None:
        if not any(self.texts().values()):
            first = f"{TEXT}{settings.LANGUAGES[0][0]}"
            self.add_error(first, _("Write it in one language at least."))


@console_page("consents/", name="consents")
def consents_page(request: HttpRequest) -> HttpResponseBase:
    """Show each text as it is asked now, and how it was worded before."""
    _require(request)
    organization = organization_of(request)
    versions: dict[str, list[ConsentText]] = {}
    rows = ConsentText.objects.for_organization(organization.pk).order_by("key", "-version")
    for one in rows:
        versions.setdefault(one.key, []).append(one)
    context = {
        "title": _("Consents"),
        "texts": [{"now": now, "before": before} for now, *before in versions.values()],
    }
    return _page(request, "admin/privacy/consents.html", context)


@console_page("consents/write/", name="consent_write")
def write_page(request: HttpRequest) -> HttpResponseBase:
    """Ask for a new text, or with `key` for other words of one; a POST makes it a version."""
    _require(request)
    text = _asked_for(request)
    form = ConsentTextForm(request.POST or None, text=text, chosen=_chosen(text))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data["asking"]
        key = text.key if text else form.cleaned_data["key"]
        try:
            written = write_consent_text(
                organization_of(request),
                key,
                texts=form.texts(),
                is_required=said == REQUIRED,
                is_asked=said != NOT_ASKED,
                caller=caller_of(request),
            )
        except Invalid as error:
            _take(form, error)
        else:
            messages.success(request, _done(written, text))
            return HttpResponseRedirect(reverse("admin:consents"))
    context = {
        "title": _("Change %(key)s") % {"key": text.key} if text else _("New text"),
        "form": form,
        "button": _("Save as a new version") if text else _("Save"),
        "up_url": reverse("admin:consents"),
        "up_title": _("Consents"),
    }
    return _page(request, "admin/console/form.html", context, status=422 if form.errors else None)


def withdraw(page: HouseAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Write down that a customer takes back what they agreed to; a POST with its `key`."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not desk_of(request).may("customers:write"):
        raise PermissionDenied
    customer: Customer = page.row(request, pk)
    page.attempt(
        request,
        lambda: withdraw_consent(
            customer,
            request.POST.get("key", ""),
            door=ConsentEntry.Door.STAFF,
            caller=caller_of(request),
        ),
        done=_("It is written down that they no longer agree."),
    )
    return HttpResponseRedirect(reverse("admin:bookings_customer_change", args=[pk]))


def _require(request: HttpRequest) -> None:
    if not desk_of(request).may(SCOPE):
        raise PermissionDenied


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int | None = None
) -> HttpResponseBase:
    request.current_app = admin.site.name
    return TemplateResponse(
        request, template, {**admin.site.each_context(request), **context}, status=status
    )


def _asked_for(request: HttpRequest) -> ConsentText | None:
    key = request.GET.get("key")
    if not key:
        return None
    found = latest_texts(organization_of(request).pk).filter(key=key).first()
    if found is None:
        raise Http404
    return found


def _known(text: ConsentText | None) -> dict[str, str]:
    return {f"{TEXT}{code}": words for code, words in text.texts.items()} if text else {}


def _chosen(text: ConsentText | None) -> str:
    if text is None:
        return OPTIONAL
    if not text.is_asked:
        return NOT_ASKED
    return REQUIRED if text.is_required else OPTIONAL


def _done(written: ConsentText, before: ConsentText | None) -> str:
    if before is not None and written.version == before.version:
        return _("Nothing was changed.")
    return _("Version %(version)s of %(key)s is saved.") % {
        "version": written.version,
        "key": written.key,
    }


def _take(form: ConsentTextForm, error: Invalid) -> None:
    if "key" in error.details.get("fields", {}) and "key" in form.fields:  # type: ignore[operator]
        form.add_error("key", _("Write small letters, digits and hyphens."))
    else:
        form.add_error(None, _("This text cannot be saved."))
