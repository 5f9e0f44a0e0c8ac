"""HouseAdmin: what every page of the console shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.forms import ActionForm

from core import events
from core.admin.context import caller_of, organization_of
from core.admin.paging import CappedPaginator
from core.admin.panels import inlines_on
from core.admin.refusals import sentence_of, whole_sentence_of
from core.admin.wall import HouseForm, TenantWall
from core.audit.searches import record_search
from core.db import retrying
from core.errors import DomainError

CHOSEN_AT_ONCE = 200  # rows of one bulk action; a list shows 50


class RowsOfThisPage(ActionForm):
    """Bulk actions take the rows that were ticked, never all that match."""

    def clean_select_across(self) -> bool:
        return False


class HouseAdmin(TenantWall, ModelAdmin):
    """Fast lists, nothing deleted, every change through a service or one transaction.

    A change made in a plain form is written down as `<noun>.created` or `<noun>.updated`, in
    the same transaction, with the names of the fields and never their contents.
    """

    form = HouseForm
    action_form = RowsOfThisPage
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = list_max_show_all = 50
    list_disable_select_all = True
    list_filter_submit = True
    compressed_fields = False
    warn_unsaved_form = True
    plural: Promise | str = ""  # the title of the list
    add_title: Promise | str = ""
    finds_people = ""  # a search here is written down as `<this>.searched`
    nothing_yet: Promise | str = ""  # instead of an empty list
    how_to_begin: Promise | str = ""

    # --- reading ---------------------------------------------------------------------------

    def row(self, request: HttpRequest, pk: UUID) -> Any:
        """Return one row of the current organization. Raises Http404, PermissionDenied."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_queryset(request).filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def page(
        self, request: HttpRequest, template: str, *, title: str, **context: Any
    ) -> TemplateResponse:
        """Return a page of our own, made of the console's parts."""
        request.current_app = self.admin_site.name
        status = context.pop("status", None)
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "opts": self.model._meta,
                "title": title,
                "organization": organization_of(request),
                **context,
            },
            status=status,
        )

    # --- acting ----------------------------------------------------------------------------

    def for_each(
        self,
        request: HttpRequest,
        rows: Iterable[Model],
        service: Callable[..., Any],
        **arguments: Any,
    ) -> int:
        """Call `service` on each row and report each refusal beside the row's reference.

        What one row refuses does not stop the others. Returns how many were done.
        """
        caller, done, refused = caller_of(request), 0, 0
        for row in list(rows)[:CHOSEN_AT_ONCE]:
            try:
                service(row, caller=caller, **arguments)
                done += 1
            except DomainError as error:
                refused += 1
                self.message_user(request, f"{row}: {whole_sentence_of(error)}", messages.WARNING)
        if done:
            text = ngettext("%(count)d done.", "%(count)d done.", done) % {"count": done}
            self.message_user(request, text, messages.SUCCESS)
        elif refused:
            self.message_user(request, _("Nothing was changed."), messages.INFO)
        return done

    def attempt(self, request: HttpRequest, work: Callable[[], Any], *, done: str) -> bool:
        """Do one thing and say how it went. Returns whether it was done."""
        try:
            work()
        except DomainError as error:
            self.message_user(request, whole_sentence_of(error), messages.WARNING)
            return False
        self.message_user(request, done, messages.SUCCESS)
        return True

    # --- plain forms -----------------------------------------------------------------------

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.organization_id = organization_of(request).pk
        return form

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> list[Any]:
        return [*super().get_inlines(request, obj), *inlines_on(self.model)]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        """Django's form in one transaction of its own; what heals by itself is repeated."""
        extra_context = {
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
            "title": self._title_of(request, object_id),
            "up_url": reverse(admin_urlname(self.model._meta, SafeString("changelist"))),
            "up_title": self.plural,
            **(extra_context or {}),
        }
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            return retrying(super().changeform_view, request, object_id, form_url, extra_context)
        except DomainError as error:
            return self.refused(request, error)

    def refused(self, request: HttpRequest, error: DomainError) -> HttpResponseBase:
        """Answer what a service refused while a form was saved; nothing of it is kept."""
        self.message_user(request, sentence_of(error), messages.WARNING)
        return HttpResponseRedirect(request.get_full_path())

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        answer = super().changelist_view(request, {"title": self.plural, **(extra_context or {})})
        shown = (getattr(answer, "context_data", None) or {}).get("cl")
        if self.finds_people and request.method == "GET" and shown is not None and shown.query:
            caller, count = caller_of(request), shown.result_count
            record_search(self.finds_people, by=["search"], count=count, caller=caller)
        return answer

    def _title_of(self, request: HttpRequest, object_id: str | None) -> str:
        row = self.get_object(request, unquote(object_id)) if object_id else None
        return str(row or self.add_title)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        self._note(request, obj, "created")

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        fields = [name for part in message for name in part.get("changed", {}).get("fields", [])]
        if fields:
            self._note(request, obj, "updated", fields=fields)

    def _note(self, request: HttpRequest, obj: Model, what: str, **data: object) -> None:
        caller = caller_of(request)
        name = f"{self.model._meta.model_name}.{what}"
        event = events.build_for(caller.organization_id, name, obj, caller=caller, **data)
        event.save(force_insert=True)
        events.relay_after_commit()

    def construct_change_message(
        self, request: HttpRequest, form: forms.ModelForm, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        """Name the columns that changed; Django would name them in the reader's language."""
        return [{"changed": {"fields": sorted(form.changed_data)}}]
