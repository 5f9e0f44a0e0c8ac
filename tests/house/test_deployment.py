"""Dockerfile and compose.yaml say what the code says."""

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from config.process import NAMES
from config.settings.env import env
from tests.house.image import instructions, stages

PROJECT = Path(__file__).resolve().parent.parent.parent
# Of Python, of pip, of the shell: not ours.
NOT_OURS = re.compile(r"PATH|PYTHON\w+|PIP_\w+")
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text())
OURS = {name: it for name, it in COMPOSE["services"].items() if it["image"] == "holdfast"}


def said(name: str) -> list[str]:
    return [instruction.text for instruction in instructions() if instruction.name == name]


def test_what_the_dockerfile_copies_is_there_and_nothing_else_is_let_in():
    build, final = stages()
    copied = [source for it in build if it.name == "COPY" for source in it.words[:-1]]
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()

    assert [source for source in copied if not (PROJECT / source).exists()] == []
    assert all("--from=build" in it.text for it in final if it.name == "COPY")
    assert ignored[1] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == set(copied)
    assert ignored[-2:] == ["**/__pycache__", "**/*.pyc"]


def test_every_variable_of_the_image_is_one_that_is_read():
    named = {name for text in said("ENV") for name in re.findall(r"(\w+)=", text)}
    assert {name for name in named if not NOT_OURS.fullmatch(name)} - set(env.scheme) == set()


def test_the_image_holds_nothing_but_locked_packages_and_runs_as_nobody_in_particular():
    [install] = [text for text in said("RUN") if " install --require-hashes" in text]
    assert install.endswith("--only-binary=:all: -r /app/requirements/base.txt")
    assert said("USER") == ["10001:10001"]
    assert [instruction.name for instruction in stages()[-1]][-2:] == ["ENTRYPOINT", "CMD"]


def test_compose_names_variables_that_are_read_and_secrets_that_are_made(tmp_path):
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "make-secrets"
    script.write_bytes((PROJECT / "scripts" / "make-secrets").read_bytes())
    subprocess.run(["sh", script], check=True, stdout=subprocess.DEVNULL)
    made = {f"secrets/{file.name}" for file in (tmp_path / "secrets").iterdir()}

    assert {secret["file"] for secret in COMPOSE["secrets"].values()} == made
    for service in OURS.values():
        for name, value in service["environment"].items():
            assert name.removesuffix("_FILE") in env.scheme
            if name.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"]
    used = {name for service in COMPOSE["services"].values() for name in service.get("secrets", ())}
    assert used == set(COMPOSE["secrets"])


def test_compose_runs_each_process_once_and_migrates_first():
    assert {name: service["command"] for name, service in OURS.items()} == {
        name: name for name in NAMES if name != "manage"
    }
    for name in ("web", "worker", "clock"):
        waits_for = OURS[name]["depends_on"]["migrate"]["condition"]
        assert waits_for == "service_completed_successfully"
        assert OURS[name]["stop_grace_period"] == "30s"
    assert OURS["migrate"]["restart"] == "no"
    assert COMPOSE["services"]["postgres"]["image"] == "postgres:18"


def test_nobody_outside_reaches_the_servers():
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name in ("postgres", "redis"):
        assert COMPOSE["services"][name]["networks"] == ["inside"]
        assert "ports" not in COMPOSE["services"][name]
    assert OURS["web"]["ports"] == ["127.0.0.1:${HOLDFAST_PORT:-8000}:8000"]


def test_secrets_are_made_once_and_kept(tmp_path):
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "make-secrets"
    script.write_bytes((PROJECT / "scripts" / "make-secrets").read_bytes())
    subprocess.run(["sh", script], check=True, stdout=subprocess.DEVNULL)
    folder = tmp_path / "secrets"
    first = {file.name: file.read_text() for file in folder.iterdir()}
    (folder / "encryption_key").chmod(0o644)
    (folder / "metrics_token").unlink()
    again = subprocess.run(["sh", script], check=True, capture_output=True, text=True).stdout

    assert "secrets/encryption_key is kept\n" in again
    assert "secrets/metrics_token is new\n" in again
    second = {file.name: file.read_text() for file in folder.iterdir()}
    assert second.pop("metrics_token") != first.pop("metrics_token")
    assert second == first
    assert folder.stat().st_mode & 0o777 == 0o700
    assert first["database_password"].strip() in first["database_url"]


def test_the_example_names_only_variables_that_are_read():
    lines = (PROJECT / ".env.example").read_text().splitlines()
    named = [found[1] for line in lines if (found := re.match(r"#?([A-Z_]+)=", line))]

    assert set(named) <= set(env.scheme)
    assert len(named) == len(set(named))
    assert [line for line in lines if line and not line.startswith("#")] == []
