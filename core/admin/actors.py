"""Who did it, by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, cast
from uuid import UUID

from django.utils.translation import gettext as _

from core.access import CallerKind
from core.models import ApiKey, User


class Deed(Protocol):
    """A row that says who made it."""

    @property
    def actor_kind(self) -> str: ...

    @property
    def actor_id(self) -> UUID | None: ...


class Actors:
    """Who did what these rows say, looked up all at once: two queries at most."""

    def __init__(self, rows: Sequence[Deed]) -> None:
        self.users = self._named(User, self._acting(rows, CallerKind.USER))
        self.keys = self._named(ApiKey, self._acting(rows, CallerKind.KEY))

    @staticmethod
    def _acting(rows: Iterable[Deed], kind: CallerKind) -> set[UUID]:
        return {row.actor_id for row in rows if row.actor_kind == kind and row.actor_id}

    @staticmethod
    def _named(model: Any, ids: set[UUID]) -> dict[UUID, str]:
        if not ids:
            return {}
        if model is ApiKey:
            return dict(model.objects.filter(pk__in=ids).values_list("pk", "name"))
        return {row.pk: str(row) for row in model.objects.filter(pk__in=ids)}

    def actor(self, row: Deed) -> str:
        kind = row.actor_kind
        pk = cast("UUID", row.actor_id)  # users and keys have one
        if kind == CallerKind.USER:
            return self.users.get(pk, _("somebody"))
        if kind == CallerKind.KEY:
            name = self.keys.get(pk)
            return _("API key “%(name)s”") % {"name": name} if name else _("an API key")
        if kind == CallerKind.CUSTOMER:
            return _("the customer")
        return _("by itself") if kind == CallerKind.CLOCK else _("a command")
