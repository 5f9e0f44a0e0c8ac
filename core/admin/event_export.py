"""The audit trail as a file: CSV for people, JSON lines for programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core import times
from core.admin.context import desk_of, organization_of
from core.admin.exporting import BYTE_ORDER_MARK, harmless, record_export
from core.models import Event

if TYPE_CHECKING:
    from core.admin.event import EventAdmin

MOST_ROWS = 50_000  # some seconds, and 30 MB
ROWS_AT_ONCE = 2_000
FORMATS = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
COLUMNS = [
    "at",
    "id",
    "name",
    "subject_type",
    "subject_id",
    "actor_kind",
    "actor_id",
    "network",
    "request_id",
    "data",
    "seal_number",
    "seal_digest",
]


def may_export(request: HttpRequest) -> bool:
    desk = desk_of(request)
    return desk.may("events:read") and desk.may("exports:read")


def export(page: EventAdmin, request: HttpRequest) -> HttpResponseBase:
    """Answer with the file of what the list's filters show, and write down that it was taken."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not may_export(request) or not page.has_view_permission(request):
        raise PermissionDenied
    kind = request.POST.get("format", "")
    back = f"{reverse('admin:core_event_changelist')}?{request.GET.urlencode()}"
    if kind not in FORMATS:
        return HttpResponseRedirect(back)
    events = page.get_changelist_instance(request).get_queryset(request)
    if len(events.order_by().values_list("pk")[: MOST_ROWS + 1]) > MOST_ROWS:
        most = f"{MOST_ROWS:,}".replace(",", " ")
        sentence = _("More than %(most)s events match. Choose fewer days and export in parts.")
        page.message_user(request, sentence % {"most": most})
        return HttpResponseRedirect(back)
    rows = list(_rows(events))
    name = f"events-{organization_of(request).slug}-{times.local(timezone.now()).date()}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    answer = HttpResponse(content_type=f"{FORMATS[kind]}; charset=utf-8", headers=headers)
    if kind == "csv":
        _write_csv(answer, rows)
    else:
        answer.writelines(json.dumps(row, cls=DjangoJSONEncoder) + "\n" for row in rows)
    record_export(request, what="events", rows=len(rows), kind=kind)
    return answer


def _rows(events: QuerySet[Event]) -> Iterator[dict[str, Any]]:
    """Yield what each event says, with the seal by which it can be proved; null without one."""
    for event in events.select_related("seal").iterator(chunk_size=ROWS_AT_ONCE):
        seal = getattr(event, "seal", None)
        yield {
            "at": event.created_at.isoformat(),
            **{name: getattr(event, name) for name in COLUMNS[1:-2]},
            "seal_number": seal.number if seal else None,
            "seal_digest": bytes(seal.digest).hex() if seal else None,
        }


def _write_csv(answer: HttpResponse, rows: list[dict[str, Any]]) -> None:
    answer.write(BYTE_ORDER_MARK)
    writer = csv.DictWriter(answer, COLUMNS)
    writer.writeheader()
    for row in rows:
        data = json.dumps(row["data"], cls=DjangoJSONEncoder, sort_keys=True)
        writer.writerow({**row, "request_id": harmless(row["request_id"]), "data": data})
