"""API keys: made with their text shown once, replaced by another, and revoked."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import times
from core.access import EVERYTHING, PUBLISHABLE_SCOPES
from core.admin.api_key_forms import FIELD_OF, MAY, ApiKeyForm, RotateForm
from core.admin.base import HouseAdmin
from core.admin.context import caller_of, organization_of
from core.admin.refusals import sentence_of, sentences_by_field
from core.errors import DomainError
from core.models import ApiKey
from core.services.api_key import (
    create_api_key,
    revoke_api_key,
    rotate_api_key,
)
from core.templatetags.console import render_pill

LOOK_OF = {
    ApiKey.State.GOOD: ("green", "check_circle"),
    ApiKey.State.EXPIRED: ("amber", "event_busy"),
    ApiKey.State.REVOKED: ("grey", "block"),
}


@admin.register(ApiKey)
class ApiKeyAdmin(HouseAdmin):
    noun = "keys"
    list_display = ["name", "kind_name", "beginning", "may_do", "used", "state"]
    list_display_links = ["name"]
    sortable_by = ["name"]
    plural = gettext_lazy("API keys")
    add_title = gettext_lazy("New API key")
    nothing_yet = gettext_lazy("No API keys yet")
    how_to_begin = gettext_lazy("A program needs one to book or to read bookings.")

    def get_urls(self) -> list[URLPattern]:
        def ours(name: str, view: Any) -> URLPattern:
            wrapped = self.admin_site.admin_view(partial(view))
            return path(f"<uuid:pk>/{name}/", wrapped, name=f"core_apikey_{name}")

        return [
            ours("revoke", self.revoke_view),
            ours("rotate", self.rotate_view),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """Make a key and show its text in the answer, the only time anybody sees it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ApiKeyForm(request.POST or None)
        up = {"up_url": reverse("admin:core_apikey_changelist"), "up_title": _("API keys")}
        if request.method == "POST" and form.is_valid() and (text := self._make(request, form)):
            return self.page(
                request, "admin/console/key_made.html", title=_("The new key"), key=text, **up
            )
        return self.page(
            request,
            "admin/console/form.html",
            title=_("New API key"),
            form=form,
            button=_("Make the key"),
            **up,
        )

    def _make(self, request: HttpRequest, form: ApiKeyForm) -> str:
        """Return the key's text; empty when it was refused, with the form saying why."""
        data = form.cleaned_data
        expires_on = data["expires_at"]
        try:
            _key, text = create_api_key(
                organization=organization_of(request),
                kind=ApiKey.Kind(data["kind"]),
                name=data["name"],
                caller=caller_of(request),
                scopes=data["scopes"] or None,
                origins=data["origins"],
                requests_per_minute=data["requests_per_minute"],
                expires_at=times.end_of(expires_on) if expires_on else None,
            )
        except DomainError as error:
            _tell(form, error)
            return ""
        return text

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        try:
            key = self.row(request, UUID(object_id))
        except ValueError as error:
            raise Http404 from error
        return self.page(
            request,
            "admin/console/key.html",
            title=key.name,
            key=key,
            state=self.state(key),
            scopes=[MAY.get(scope, _("Everything")) for scope in key.scopes],
            may_revoke=self.has_change_permission(request) and key.revoked_at is None,
            may_rotate=self._may_rotate(request, key),
            replaced_by=key.replaced_by.first(),
            up_url=reverse("admin:core_apikey_changelist"),
            up_title=_("API keys"),
        )

    history_view = change_view

    def revoke_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """Ask; a POST revokes."""
        key = self.row(request, pk)
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            self.attempt(
                request,
                lambda: revoke_api_key(key=key, caller=caller_of(request)),
                done=_("%(key)s is revoked.") % {"key": key},
            )
            return HttpResponseRedirect(reverse("admin:core_apikey_changelist"))
        return self.page(
            request,
            "admin/console/confirm.html",
            title=_("Revoke"),
            question=_("Revoke %(key)s?") % {"key": key},
            consequence=_("Whatever uses it is refused from this moment on, for good."),
            button=_("Revoke the key"),
            up_url=reverse("admin:core_apikey_change", args=[pk]),
            up_title=key.name,
        )

    def rotate_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """Ask for how long the old key stays good; a POST makes the new one and shows its text."""
        key = self.row(request, pk)
        if not self.has_change_permission(request):
            raise PermissionDenied
        page = reverse("admin:core_apikey_change", args=[pk])
        if not self._may_rotate(request, key):
            self.message_user(request, _("This key cannot be replaced."), messages.WARNING)
            return HttpResponseRedirect(page)
        form = RotateForm(request.POST or None)
        up = {"up_url": page, "up_title": key.name}
        if request.method == "POST" and form.is_valid():
            try:
                _key, text = rotate_api_key(
                    key=key,
                    overlap_hours=int(form.cleaned_data["overlap_hours"]),
                    caller=caller_of(request),
                )
            except DomainError as error:
                _tell(form, error)
            else:
                return self.page(
                    request, "admin/console/key_made.html", title=_("The new key"), key=text, **up
                )
        title = _("Replace %(key)s") % {"key": key}
        return self.page(
            request,
            "admin/console/form.html",
            title=title,
            form=form,
            button=_("Make the new key"),
            **up,
        )

    def _may_rotate(self, request: HttpRequest, key: ApiKey) -> bool:
        return (
            self.has_change_permission(request)
            and caller_of(request).may_give(key.scopes)
            and key.state(timezone.now()) == ApiKey.State.GOOD
            and not key.replaced_by.filter(revoked_at=None).exists()
        )

    @admin.display(description=gettext_lazy("Kind"))
    def kind_name(self, key: ApiKey) -> str:
        return _("secret") if key.kind == ApiKey.Kind.SECRET else _("publishable")

    @admin.display(description=gettext_lazy("Begins with"))
    def beginning(self, key: ApiKey) -> str:
        return f"{key.prefix}…"

    @admin.display(description=gettext_lazy("May"))
    def may_do(self, key: ApiKey) -> str:
        if frozenset(key.scopes) in (EVERYTHING, PUBLISHABLE_SCOPES):
            return _("all that its kind may")
        return ", ".join(key.scopes)

    @admin.display(description=gettext_lazy("Used last"))
    def used(self, key: ApiKey) -> str:
        return times.moment(key.last_used_at) if key.last_used_at else _("never")

    @admin.display(description=gettext_lazy("State"))
    def state(self, key: ApiKey) -> SafeString:
        state = key.state(timezone.now())
        return render_pill(*LOOK_OF[state], str(state.label), struck=state == ApiKey.State.REVOKED)


def _tell(form: forms.Form, error: DomainError) -> None:
    """Say in the form what a service refused, beside the field where there is one."""
    fields = sentences_by_field(error)
    for path_, said in fields.items():
        name = FIELD_OF.get(path_, path_)
        form.add_error(name if name in form.fields else None, said)
    if not fields:
        form.add_error(None, sentence_of(error))
