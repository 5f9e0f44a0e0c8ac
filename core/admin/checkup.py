"""The doctor's page: what the last checkups found, and looking again now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.admin.context import desk_of, organization_of
from core.admin.pages import console_page
from core.admin.panels import panel
from core.admin.today import Trouble
from core.invariants import invariants
from core.models import Checkup, Organization
from core.services.checkup import check_up, checkups_seen_by, findings_seen_by, number_seen_by

SCOPE = "system:status"
SHOWN_RUNS = 30
SHOWN_OF_A_CHECK = 20


@dataclass(frozen=True)
class Row:
    """One finding in words. `url` opens what it is about, where the console has a page for it."""

    title: str
    sentence: str
    organization: str
    url: str


@dataclass(frozen=True)
class Broken:
    """A promise that is not kept, and by what; `count` is how often in all."""

    promise: str
    rows: list[Row]
    count: int
    can_be_mended: bool


@console_page("checkup/", name="checkup")
def checkup_page(request: HttpRequest) -> HttpResponseBase:
    """Show a checkup, the last one unless `run` names another; a POST looks again, now.

    Who administers the installation sees everything, all others what is their organization's.
    """
    if not desk_of(request).may(SCOPE):
        raise PermissionDenied
    if request.method == "POST":
        return _look_now(request)
    seen = _seen_by(request)
    runs = list(checkups_seen_by(seen)[:SHOWN_RUNS])
    shown = _asked_for(request, runs)
    found = findings_seen_by(shown, seen) if shown else []
    broken_names = {one["check"] for one in found}
    request.current_app = admin.site.name
    context = {
        **admin.site.each_context(request),
        "title": _("Checkup"),
        "checkup": shown,
        "broken": _in_words(found, organization_of(request)),
        "count": len(found),
        "promises": [
            (check.promise, name in broken_names) for name, check in invariants.known.items()
        ],
        "runs": runs,
        "sees_all": seen is None,
    }
    return TemplateResponse(request, "admin/console/checkup.html", context)


@panel("console.trouble")
def what_the_doctor_found(request: HttpRequest) -> Trouble | None:
    if not desk_of(request).may(SCOPE):
        return None
    seen = _seen_by(request)
    count = checkups_seen_by(seen).values_list(number_seen_by(seen), flat=True).first()
    if not count:
        return None
    sentence = ngettext(
        "The checkup found %(count)d thing that must not be.",
        "The checkup found %(count)d things that must not be.",
        count,
    )
    return Trouble(count, sentence % {"count": count}, reverse("admin:checkup"))


def _seen_by(request: HttpRequest) -> UUID | None:
    """Return the organization whose findings this person sees; None is everybody's."""
    return None if request.user.is_superuser else organization_of(request).pk


def _look_now(request: HttpRequest) -> HttpResponseBase:
    everybody = _seen_by(request) is None
    checkup = check_up(organization=None if everybody else organization_of(request))
    count = len(checkup.findings)
    if count:
        sentence = ngettext(
            "%(count)d thing is not as it must be.",
            "%(count)d things are not as they must be.",
            count,
        )
        messages.warning(request, sentence % {"count": count})
    else:
        messages.success(request, _("Everything is in order."))
    return HttpResponseRedirect(reverse("admin:checkup"))


def _asked_for(request: HttpRequest, runs: list[Checkup]) -> Checkup | None:
    asked = request.GET.get("run")
    if not asked:
        return runs[0] if runs else None
    found = next((one for one in runs if str(one.pk) == asked), None)
    if found is None:
        raise Http404
    return found


def _in_words(found: Iterable[dict[str, Any]], here: Organization) -> list[Broken]:
    """Return the findings by promise, in the reader's language."""
    by_check: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in found:
        by_check[one["check"]].append(one)
    shown = [one for all_of_it in by_check.values() for one in all_of_it[:SHOWN_OF_A_CHECK]]
    titles = _titles_of(shown)
    names = _names_of(shown)
    told = []
    for name, all_of_it in by_check.items():
        check = invariants.known.get(name)
        rows = [
            Row(
                title=titles.get((one["subject"], one["id"]), ""),
                sentence=_sentence_of(one),
                organization=names.get(one["organization"], ""),
                url=_page_of(one) if one["organization"] == str(here.pk) else "",
            )
            for one in all_of_it[:SHOWN_OF_A_CHECK]
        ]
        promise = str(check.promise) if check else name
        mended = check is not None and check.repair is not None
        told.append(Broken(promise, rows, len(all_of_it), mended))
    return told


def _sentence_of(finding: dict[str, Any]) -> str:
    """Return it in the reader's language, as far as the check is still there to say it."""
    check = invariants.known.get(finding["check"])
    if check is None or not finding["numbers"]:
        return str(finding["says"])
    return check.sentence(finding["numbers"])


def _titles_of(found: Iterable[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """Return what each row calls itself, which is a reference and never a name. A query a kind."""
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for one in found:
        if one["id"]:
            ids[one["subject"]].add(one["id"])
    titles = {}
    for subject, pks in ids.items():
        model = _model_of(subject)
        if model is None:
            continue
        for row in model._default_manager.filter(pk__in=pks):  # noqa: SLF001  (Django's own way)
            titles[subject, str(row.pk)] = capfirst(str(row))
    return titles


def _names_of(found: Iterable[dict[str, Any]]) -> dict[str, str]:
    ids = {one["organization"] for one in found if one["organization"]}
    rows = Organization.objects.filter(pk__in=ids).values_list("pk", "name")
    return {str(pk): name for pk, name in rows}


def _page_of(finding: dict[str, Any]) -> str:
    model = _model_of(finding["subject"])
    if model is None or not admin.site.is_registered(model):
        return ""
    return reverse(
        f"admin:{model._meta.label_lower.replace('.', '_')}_change", args=[finding["id"]]
    )


def _model_of(subject: str) -> type[Model] | None:
    try:
        return apps.get_model(subject)
    except (LookupError, ValueError):
        return None
