"""What `scripts/test` runs once everything is installed.

Without a kind: every check and every test; all of them, even when one fails. With a kind, only
its tests: `unit` (in this process), `integration` (that start the whole system) or `browser`.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON = [sys.executable]
MANAGE = [*PYTHON, "manage.py"]
CODE = ["bookings", "config", "core", "embedded", "notifications"]
TYPED = [*CODE, "tests", "manage.py"]
LINTED = [*TYPED, "scripts", "benchmarks"]
OPENAPI = PROJECT / "config" / "openapi.yml"
KINDS = {
    "unit": "not browser and not journey",
    "integration": "journey and not browser",
    "browser": "browser",
}
# Each worker has a PostgreSQL of its own; more of them than this are rarely faster.
MOST_WORKERS = 4


def main() -> int:
    options = read_options()
    os.chdir(PROJECT)
    if options.fix:
        ruff = [*PYTHON, "-m", "ruff"]
        run("ruff format", [*ruff, "format", *LINTED])
        run("ruff --fix", [*ruff, "check", "--fix", *LINTED])
    if options.watch:
        os.execv(BIN / "ptw", ["ptw", ".", *pytest_arguments(options)])  # noqa: S606
    failed = [] if options.kind else failing_checks()
    if failed:
        say(f"FAILED so far: {', '.join(failed)}. Now the tests.")
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is pytest's, which then cleans up
    code = subprocess.call([*PYTHON, "-m", "pytest", *pytest_arguments(options)])
    if failed and sys.stdout.isatty():  # elsewhere pytest's closing line is the last one
        say(f"FAILED before the tests: {', '.join(failed)}")
    return code or bool(failed)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/test", description=__doc__)
    parser.add_argument("kind", nargs="?", choices=KINDS)
    parser.add_argument("--coverage", action="store_true", help="which lines no test reaches")
    parser.add_argument("--watch", action="store_true", help="again after every change")
    parser.add_argument("--fix", action="store_true", help="format, and repair what ruff can")
    arguments = sys.argv[1:]
    ours = arguments.index("--") if "--" in arguments else len(arguments)
    parser.epilog = "What stands after -- goes to pytest."
    options = parser.parse_args(arguments[:ours])
    options.pytest = arguments[ours + 1 :]
    return options


def pytest_arguments(options: argparse.Namespace) -> list[str]:
    arguments = ["-n", str(min(os.cpu_count() or 1, MOST_WORKERS)), "--dist", "loadfile"]
    if options.kind:
        arguments += ["-m", KINDS[options.kind]]
    if options.coverage:
        arguments += [f"--cov={name}" for name in CODE]
        arguments += ["--cov-branch", "--cov-report=term-missing:skip-covered"]
    return arguments + options.pytest


def failing_checks() -> list[str]:
    """Run every check but the tests; the names of those that failed."""
    ruff = [*PYTHON, "-m", "ruff"]
    checks = {
        "format": [*ruff, "format", "--check", *LINTED],
        "lint": [*ruff, "check", *LINTED],
        "types": [*PYTHON, "-m", "mypy", *TYPED],
        "import rules": [str(BIN / "lint-imports")],
        "system check": [*MANAGE, "check", "--fail-level", "WARNING"],
        "missing migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    }
    failed = [name for name, command in checks.items() if not run(name, command)]
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "openapi.yml"
        command = [*MANAGE, "spectacular", "--validate", "--fail-on-warn", "--file", str(fresh)]
        if not run("OpenAPI", command):
            failed.append("OpenAPI")
        elif fresh.read_bytes() != OPENAPI.read_bytes():
            say(f"{OPENAPI} is old: manage.py spectacular --file {OPENAPI.relative_to(PROJECT)}")
            failed.append("OpenAPI is fresh")
    return failed


def run(name: str, command: list[str]) -> bool:
    """Whether the command succeeded; its output is shown when it did not."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        # No database runs now; what stands in one has no say in whether a migration is missing.
        "PYTHONWARNINGS": "ignore:Got an error checking a consistent migration history",
    }
    started = time.monotonic()
    done = subprocess.run(
        command,
        check=False,
        text=True,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    ended = "ok" if done.returncode == 0 else "FAILED"
    say(f"{name:<20} {ended:<7} {time.monotonic() - started:5.1f} s")
    if done.returncode:
        say(done.stdout.rstrip())
    return done.returncode == 0


def say(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
