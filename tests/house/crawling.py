"""What can be clicked and sent on the console's pages, and the same with foreign ids in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urljoin, urlsplit

from tests.house.markup import Form, Markup
from tests.house.worlds import AN_ID, World, owned_kinds

Fields = dict[str, list[str]]


@dataclass
class Ask:
    """A request that a page offers: `path` without its query, which stands in `fields`."""

    method: str
    path: str
    fields: Fields
    choices: Fields = field(default_factory=dict)
    foreign: tuple[str, ...] = ()  # what in it is another organization's

    @property
    def shape(self) -> tuple[str, ...]:
        """What makes two of them the same kind of request, whatever rows and days they name.

        Of a form that is its fields and its button; of a link the ids that it carries along.
        """
        names = {_unnumbered(name) for name in self.fields if name != "_changelist_filters"}
        if self.method == "get":
            names = {name for name in names if AN_ID.search(str(self.fields.get(name)))}
        if self.foreign:
            names = {f"foreign {_unnumbered(name)}" for name in self.foreign}
        said = self.fields.get("action", []) + self.fields.get("go", [])
        buttons = [value for value in said if value.isidentifier()]
        return (self.method, AN_ID.sub("{pk}", self.path), *sorted(names), *buttons)


def _unnumbered(name: str) -> str:
    """Return a field's name without the number of its line in a table."""
    return re.sub(r"-(?:\d+|__prefix__)-", "-#-", name)


def asks_on(page: str, text: str) -> Iterator[Ask]:
    """Return what the links and forms of a page ask for, below the console's address."""
    found = Markup(text)
    for link in found.links:
        target = urlsplit(urljoin(page, link))
        if target.path.startswith("/admin/") and not target.netloc:
            yield Ask("get", target.path, _fields(target.query))
    for form in found.forms:
        yield from _sent(page, form)


def _sent(page: str, form: Form) -> Iterator[Ask]:
    target = urlsplit(urljoin(page, form.action))
    fields = {**_fields(target.query), **form.filled_in}
    for name, value in form.buttons or [("", "")]:
        for action in form.choices.get("action", [""]):
            sent = {**fields, **({name: [value]} if name else {})}
            if action:
                sent["action"] = [action]
            yield Ask(form.method, target.path, sent, dict(form.choices))


def _fields(query: str) -> Fields:
    fields: Fields = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        fields.setdefault(name, []).append(value)
    return fields


class Exchange:
    """Another organization's row for each of one's own, of the same kind."""

    def __init__(self, own: World, other: World) -> None:
        self._by_id: dict[str, str] = {}
        self._by_number: dict[tuple[str, str], str] = {}
        for kind in owned_kinds():
            tables = {
                one.remote_field.related_name for one in kind._meta.fields if one.remote_field
            }
            for mine, foreign in zip(own.pks_of(kind), other.pks_of(kind), strict=False):
                if AN_ID.fullmatch(mine):
                    self._by_id[mine] = foreign
                else:
                    self._by_number |= {(table, mine): foreign for table in tables}

    def forged(self, ask: Ask) -> Iterator[Ask]:
        """Return an ask with each of its ids in turn another organization's, then with all."""
        path = self._swapped(ask.path)
        if path != ask.path:
            yield Ask(ask.method, path, ask.fields, foreign=("path",))
        foreign: Fields = {}
        for name, values in ask.fields.items():
            for value in [*values, *ask.choices.get(name, [])]:
                swapped = self._by_number.get((name.partition("-")[0], value))
                swapped = swapped if name.endswith("-id") else self._swapped(value)
                if swapped and swapped != value:
                    foreign[name] = [swapped]
                    break
        for name, values in foreign.items():
            yield Ask(ask.method, ask.path, {**ask.fields, name: values}, foreign=(name,))
        if foreign and (path != ask.path or len(foreign) > 1):
            yield Ask(
                ask.method, path, {**ask.fields, **foreign}, foreign=("path", *sorted(foreign))
            )

    def _swapped(self, text: str) -> str:
        return AN_ID.sub(lambda found: self._by_id.get(found[0], found[0]), text)
