"""The audit trail: found, looked at one by one, and taken along. Nothing in it can be changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import times
from core.access import CallerKind
from core.admin.actors import Actors
from core.admin.base import HouseAdmin
from core.admin.event_export import FORMATS, export, may_export
from core.admin.filters import ChoiceFilter, PastDayFilter
from core.admin.happenings import WORDS, words_of
from core.admin.panels import panels_at
from core.api.throttling import limited
from core.audit.chain import head_of
from core.models import Event
from core.rates import RateClass


class ActorFilter(ChoiceFilter):
    title = gettext_lazy("Who")
    parameter_name = "actor_kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [
            (CallerKind.USER, _("Staff")),
            (CallerKind.KEY, _("API keys")),
            (CallerKind.CUSTOMER, _("Customers")),
            (CallerKind.CLOCK, _("By itself")),
            (CallerKind.COMMAND, _("Commands")),
        ]


class NameFilter(ChoiceFilter):
    title = gettext_lazy("What")
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return sorted(((name, str(words)) for name, words in WORDS.items()), key=lambda one: one[1])


@admin.register(Event)
class EventAdmin(HouseAdmin):
    noun = "events"
    list_display = ["when", "what", "about", "who", "where_from"]
    list_display_links = ["when", "what"]
    list_filter = [PastDayFilter, NameFilter, ActorFilter]
    list_before_template = "admin/console/events_head.html"
    search_fields = ["id"]  # that there is a search; what it finds: get_search_results
    ordering = ["-created_at", "-id"]
    sortable_by = ()
    plural = gettext_lazy("Audit trail")
    nothing_yet = gettext_lazy("Nothing happened yet")
    how_to_begin = gettext_lazy("Every change is written down here.")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = limited(RateClass.STRICT)(partial(export, self))
        ours = path("export/", self.admin_site.admin_view(view), name="core_event_export")
        return [ours, *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """Find all of one request, all about one thing, or all that one user or key did."""
        term = search_term.replace("\0", "").strip()
        if not term:
            return queryset, False
        wanted = Q(request_id=term)
        about = [pk for found in panels_at("events.about", request, term=term) for pk in found]
        if (pk := _as_id(term)) is not None:
            about.append(pk)
            wanted |= Q(actor_id=pk)
        return queryset.filter(wanted | Q(subject_id__in=about)), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Show a page of the list, with the names of all on it looked up at once."""
        formats = list(FORMATS) if may_export(request) else []
        answer = super().changelist_view(
            request, {"export_formats": formats, **(extra_context or {})}
        )
        shown = getattr(answer, "context_data", {}).get("cl")
        if shown is not None:
            shown.result_list = list(shown.result_list)
            tell(shown.result_list)
        return answer

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """Show everything that one event says, and whether it is sealed."""
        pk = _as_id(object_id)
        if pk is None:
            raise Http404
        event: Event = self.row(request, pk)
        tell([event])
        seal = getattr(event, "seal", None)
        here = reverse("admin:core_event_changelist")
        return self.page(
            request,
            "admin/console/event.html",
            title=words_of(event.name),
            event=event,
            about=self.about(event),
            who=self.who(event),
            seal=head_of(seal.number, bytes(seal.digest)) if seal else "",
            facts=sorted(event.data.items()),
            of_the_subject=f"{here}?q={event.subject_id}",
            of_the_request=f"{here}?q={event.request_id}" if event.request_id else "",
            up_url=here,
            up_title=self.plural,
        )

    history_view = change_view

    @admin.display(description=gettext_lazy("When"))
    def when(self, event: Event) -> str:
        return f"{times.moment(event.created_at)}:{times.local(event.created_at):%S}"

    @admin.display(description=gettext_lazy("What"))
    def what(self, event: Event) -> str:
        return words_of(event.name)

    @admin.display(description=gettext_lazy("About"))
    def about(self, event: Any) -> str:
        title, page = event.told_subject
        return format_html('<a class="hf-link" href="{}">{}</a>', page, title) if page else title

    @admin.display(description=gettext_lazy("Who"))
    def who(self, event: Any) -> str:
        return str(event.told_actor)

    @admin.display(description=gettext_lazy("From where"), empty_value="")
    def where_from(self, event: Event) -> str:
        return event.network


def tell(events: Sequence[Any]) -> None:
    """Write beside each event who did it, and what it is about with its page in the console.

    Two queries for who, and one for each kind of thing that has a page.
    """
    actors = Actors(events)
    subjects = dict(_subjects_of(events))
    for event in events:
        event.told_actor = actors.actor(event)
        known = subjects.get((event.subject_type, event.subject_id))
        event.told_subject = known or (_kind_of(event.subject_type), "")


def _subjects_of(events: Sequence[Event]) -> Iterator[tuple[tuple[str, UUID], tuple[str, str]]]:
    """Yield the title and the page of each subject that is there and has a page."""
    for model in _models_with_pages():
        kind = str(model._meta.model_name)
        ids = {event.subject_id for event in events if event.subject_type == kind}
        owners = {event.organization_id for event in events}
        if not ids:
            continue
        rows = model._default_manager.filter(pk__in=ids)  # noqa: SLF001  (Django's own way)
        if any(field.name == "organization" for field in model._meta.fields):
            rows = rows.filter(organization__in=owners)
        page = f"admin:{model._meta.app_label}_{kind}_change"
        for row in rows:
            title = capfirst(str(row))
            yield (kind, row.pk), (title, reverse(page, args=[row.pk]))


def _models_with_pages() -> list[type[Model]]:
    return [model for model in admin.site._registry if model is not Event]  # noqa: SLF001


def _kind_of(subject_type: str) -> str:
    for model in admin.site._registry:  # noqa: SLF001
        if model._meta.model_name == subject_type:
            return str(capfirst(model._meta.verbose_name))
    return subject_type


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
