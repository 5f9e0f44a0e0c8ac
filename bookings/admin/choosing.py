"""Parts of the service's form that are tables: who does it, and what it takes at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bookings.models import Requirement, Resource, ResourceType, ServiceResource
from bookings.services.service import Need, Share

MOST_AT_ONCE, LARGEST_ORDER, LARGEST_SHARE = 20, 999, 100
NO_CHOICE = _("Select a valid choice. %(value)s is not one of the available choices.")

Row = tuple[str, str, str]  # an id and two numbers, as they were typed


class TableWidget(forms.Widget):
    """Rows of which some are ticked or counted. Works without any script."""

    template = ""
    rows: Sequence[Any] = ()

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        typed = {row[0]: row for row in value or ()}
        rows = [(row, typed.get(str(row.pk))) for row in self.rows]
        return render_to_string(self.template, {"name": name, "rows": rows})

    def id_for_label(self, id_: str) -> str:
        return ""  # a table is no field that a label could be of

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


class SharesWidget(TableWidget):
    template = "admin/bookings/_shares.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        ticked = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return [
            (pk, data.get(f"{name}-{pk}-order", ""), data.get(f"{name}-{pk}-share", ""))
            for pk in ticked
        ]


class NeedsWidget(TableWidget):
    template = "admin/bookings/_needs.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        found = []
        for row in self.rows:
            count = data.get(f"{name}-{row.pk}-count", "").strip()
            if count not in ("", "0"):
                found.append((str(row.pk), count, data.get(f"{name}-{row.pk}-order", "")))
        return found


class SharesField(forms.Field):
    """Who does a service: ticked, each with a place in the order and a share of the work."""

    widget = SharesWidget

    def offer(self, resources: Sequence[Resource], offers: Sequence[ServiceResource]) -> None:
        self.rows = {str(resource.pk): resource for resource in resources}
        self.widget.rows = resources
        self.initial = [
            (str(one.resource_id), str(one.priority), str(one.weight)) for one in offers
        ]

    def clean(self, value: list[Row]) -> list[Share]:
        return [
            Share(
                resource=_among(self.rows, pk),
                priority=_whole(order, 0, LARGEST_ORDER, usual=0),
                weight=_whole(share, 1, LARGEST_SHARE, usual=1),
            )
            for pk, order, share in value
        ]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return {_with_usual(row, "0", "1") for row in initial or ()} != {
            _with_usual(row, "0", "1") for row in data or ()
        }


class NeedsField(forms.Field):
    """What a service takes at once: so many of a type, the first being who it is with."""

    widget = NeedsWidget

    def offer(self, kinds: Sequence[ResourceType], needs: Sequence[Requirement]) -> None:
        self.rows = {str(kind.pk): kind for kind in kinds}
        self.widget.rows = kinds
        self.initial = [
            (str(need.type_id), str(need.quantity), str(place))
            for place, need in enumerate(needs, start=1)
        ]

    def clean(self, value: list[Row]) -> list[Need]:
        placed = [
            (
                _whole(order, 0, LARGEST_ORDER, usual=LARGEST_ORDER),
                Need(type=_among(self.rows, pk), quantity=_whole(count, 1, MOST_AT_ONCE, usual=1)),
            )
            for pk, count, order in value
        ]
        return [need for _place, need in sorted(placed, key=lambda one: one[0])]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return _in_order(initial) != _in_order(data)


def _among(rows: dict[str, Any], pk: str) -> Any:
    if pk not in rows:
        raise forms.ValidationError(NO_CHOICE, params={"value": pk})
    return rows[pk]


def _whole(text: str, least: int, most: int, *, usual: int) -> int:
    text = text.strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
        raise forms.ValidationError(
            _("Write a number from %(least)d to %(most)d."), params={"least": least, "most": most}
        )
    return int(text)


def _with_usual(row: Row, first: str, second: str) -> Row:
    return row[0], row[1].strip() or first, row[2].strip() or second


def _in_order(rows: Any) -> list[tuple[str, str]]:
    typed = [(order.strip().rjust(9, "0"), pk, count) for pk, count, order in rows or ()]
    return [(pk, count) for _order, pk, count in sorted(typed, key=lambda one: one[0])]
