"""What the lists of the catalogue share: who sees what, the page, one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.envelope import success
from core.api.pagination import Order, PageQuery, paginate
from core.api.viewsets import M, TenantViewSet
from core.errors import Forbidden, NotFound
from core.models import TenantQuerySet

BY_AGE = Order("created_at")
ON, OFF, ANY = "true", "false", "any"


class CatalogQuery(PageQuery):
    active = serializers.ChoiceField(
        [ON, OFF, ANY],
        required=False,
        default=ON,
        help_text=(
            "`false`: what can no longer be booked; `any`: all. Both want the scope "
            "`catalog:write`."
        ),
    )


class CatalogViewSet(TenantViewSet[M]):
    """A list and its rows, oldest first.

    Whoever may change the catalogue sees every setting, and what is not active; everybody else
    sees the public part of what is active.
    """

    scope = "catalog"
    has_states: ClassVar[bool] = True  # whether its rows can be switched off
    query_class: ClassVar[type[PageQuery]] = CatalogQuery
    columns: ClassVar[dict[str, str]]  # the name on the wire -> the column
    internal_columns: ClassVar[dict[str, str]] = {}  # the same, for who may change it

    @property
    def sees_everything(self) -> bool:
        return self.caller.may("catalog:write")

    def list(self, request: Request) -> Response:
        query = self.validated_query(self.query_class)
        rows = self._of_state(self.get_queryset(), query.get("active", ANY))
        columns = sorted({"created_at", *self._columns().values()})
        found, pagination = paginate(rows, query=query, order=BY_AGE, columns=columns)
        return Response(success(self.present(found), pagination=pagination))

    def retrieve(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        return self.answer(self.id_in_path())

    def answer(self, pk: UUID, *, status: int = 200) -> Response:
        """Answer one row as the caller may read it. Raises NotFound."""
        state = ANY if self.sees_everything else ON
        rows = self._of_state(self.get_queryset(), state).filter(pk=pk)
        found = list(rows.values(*self._columns().values()))
        if not found:
            raise NotFound
        return Response(success(self.present(found)[0]), status=status)

    def readable_row(self) -> M:
        """Return the row in the path, if the caller may read it. Raises NotFound."""
        state = ANY if self.sees_everything else ON
        found = self._of_state(self.get_queryset(), state).filter(pk=self.id_in_path()).first()
        if found is None:
            raise NotFound
        return found

    def row(self) -> M:
        """Return the row that a change is about. Raises NotFound."""
        self.refuse_query()
        found = self.get_queryset().filter(pk=self.id_in_path()).first()
        if found is None:
            raise NotFound
        return found

    def present(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[dict[str, Any]]:
        """Return rows as they are read, from their columns."""
        columns = self._columns()
        return [{name: row[column] for name, column in columns.items()} for row in rows]

    def _columns(self) -> dict[str, str]:
        return self.columns | (self.internal_columns if self.sees_everything else {})

    def _of_state(self, rows: TenantQuerySet[M], state: str) -> TenantQuerySet[M]:
        if not self.has_states:
            return rows
        if state != ON and not self.sees_everything:
            raise Forbidden
        return rows if state == ANY else rows.filter(is_active=state == ON)


def price(amount: Any, currency: str) -> dict[str, str] | None:
    return None if amount is None else {"amount": f"{amount:.2f}", "currency": currency}
