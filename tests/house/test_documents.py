"""README and docs say what is so: every variable, every command, every link."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from config.settings.env import ALIASES, env, seconds

PROJECT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = [
    *PROJECT.glob("*.md"),
    *PROJECT.glob("docs/*.md"),
    *PROJECT.glob("[a-z]*/README.md"),
]
OURS = ("core", "bookings", "notifications")
# What is an example of somebody else's, or a place and not a file.
NO_FILES = re.compile(r"https?:|mailto:|/etc/|/run/|/srv/|/var/")


def table() -> dict[str, dict[str, str]]:
    """The README's table of variables: its cells by the name of the variable."""
    lines = (PROJECT / "README.md").read_text().splitlines()
    head = next(line for line in lines if line.startswith("| variable |"))
    columns = [cell.strip() for cell in head.strip("|").split("|")]
    rows = [line for line in lines if re.match(r"\| `[A-Z]", line)]
    read = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert all(len(cells) == len(columns) for cells in read)
    named = {cells[0].strip("`"): dict(zip(columns, cells, strict=True)) for cells in read}
    assert len(named) == len(read), "a variable stands there twice"
    return named


def test_the_readme_names_every_variable_that_is_read_and_no_other():
    assert list(table()) == sorted(table(), key=list(env.scheme).index)
    assert set(table()) == set(env.scheme)


@pytest.mark.parametrize(
    "name", [name for name in env.scheme if name not in ("APP_ENV", "VAR_DIR")]
)
def test_the_readme_says_each_default(name):
    kind, default = env.scheme[name]
    said = table()[name]["default"]
    if kind is seconds:
        assert seconds(said.strip("`")) == default
    else:
        assert said == ("–" if default in ("", []) else f"`{default}`")


def test_the_readme_says_the_other_names():
    told = {name: re.findall(r"`(\w+)`", row["also known as"]) for name, row in table().items()}
    assert {name: others for name, others in told.items() if others} == ALIASES


def test_the_readme_explains_each_variable():
    assert [name for name, row in table().items() if not row["meaning"]] == []


def test_what_may_not_be_seen_is_called_secret():
    secret = {name for name, row in table().items() if row["secret"]}
    assert {
        name for name in env.scheme if re.search(r"KEY$|PASSWORD|SECRET|TOKEN$", name)
    } <= secret
    assert {"DATABASE_URL", "REDIS_URL"} <= secret


def test_every_command_is_documented():
    documented = (PROJECT / "docs" / "operations.md").read_text()
    commands = {name for name, app in get_commands().items() if app in OURS}

    assert {"create_organization", "create_api_key", "rotate_encryption"} <= commands
    assert [name for name in sorted(commands) if f"| `{name}" not in documented] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_link_leads_somewhere(document):
    text = re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if NO_FILES.match(target):
            continue
        name, _, anchor = target.partition("#")
        file = (document.parent / name) if name else document
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(), flags=re.MULTILINE)
            assert anchor in {heading.lower().replace(" ", "-") for heading in headings}, target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_file_that_is_named_is_there(document):
    named = re.findall(
        r"`([\w.<>/-]+/[\w.<>/-]+\.(?:py|md|yml|yaml|txt|in))`", document.read_text()
    )
    for name in named:
        if "<" in name:
            continue
        places = [PROJECT, document.parent, *(PROJECT / app for app in OURS)]
        assert any((place / name).exists() for place in places), name
