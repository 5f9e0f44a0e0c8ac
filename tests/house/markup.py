"""What can be clicked and filled in on a page: its links, and its forms as a browser sends them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from html.parser import HTMLParser

# What somebody types where a page leaves it open, by the kind of the field.
TYPED = {
    "date": "2026-11-24",
    "datetime-local": "2026-11-24T10:00",
    "email": "somebody@example.com",
    "number": "1",
    "password": "correct horse battery staple",
    "text": "x",
    "textarea": "x",
    "time": "10:00",
    "url": "https://example.com",
}
CLICKED = ("radio", "checkbox")
NOT_SENT = ("button", "file", "image", "reset")


@dataclass
class Form:
    """`sends` is what is chosen or typed already, `choices` what else a field offers."""

    method: str
    action: str
    sends: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    choices: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def filled_in(self) -> dict[str, list[str]]:
        """Return what a person sends who leaves nothing open that can be typed or chosen."""
        full = {name: values for name, values in self.sends.items() if values}
        for name, offered in self.choices.items():
            full.setdefault(name, [next(filter(None, offered), "")])
        return full


class Markup(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._by_id: dict[str, Form] = {}
        self._form: Form | None = None
        self._select = ""
        self._is_many = False
        self._textarea = ""
        self._typed = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "a" and said.get("href"):
            self.links.append(said["href"])
        elif tag == "form":
            self._form = Form(said.get("method", "get").lower(), said.get("action", ""))
            self.forms.append(self._form)
            self._by_id[said.get("id", "")] = self._form
        elif tag in ("input", "button", "select", "textarea"):
            form = self._by_id.get(said["form"]) if "form" in said else self._form
            if form is not None and said.get("name") and "disabled" not in said:
                self._take(form, tag, said)
        elif tag == "option" and self._select and self._form is not None:
            self._form.choices[self._select].append(said.get("value", ""))
            if "selected" in said:
                self._form.sends[self._select].append(said.get("value", ""))

    def handle_data(self, data: str) -> None:
        self._typed += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._textarea and self._form is not None:
            self._form.sends[self._textarea].append(self._typed.strip() or TYPED["textarea"])
            self._textarea = ""

    def _take(self, form: Form, tag: str, said: dict[str, str]) -> None:
        name, value = said["name"], said.get("value", "")
        kind = said.get("type", "submit" if tag == "button" else "text")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._textarea, self._typed = name, ""
        elif kind == "submit":
            form.buttons.append((name, value))
        elif kind in CLICKED:
            if "checked" in said:
                form.sends[name].append(value or "on")
            if value:
                form.choices[name].append(value)
        elif kind not in NOT_SENT:
            form.sends[name].append(value or TYPED.get(kind, ""))
