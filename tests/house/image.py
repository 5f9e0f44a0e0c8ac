"""The image without a container engine: what the Dockerfile says, done in a folder of its own.

Of each stage's instructions, COPY, ENV, RUN, WORKDIR, ENTRYPOINT and CMD are done as written;
the folders that it names stand below `root` instead of `/`, and `python` of the base image is a
Python of this machine. What makes accounts is left out: as root, an ordinary account of this
machine runs the processes instead, as an ordinary user ourselves.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embedded.account import Account, postgres_account
from embedded.servers import PROJECT
from tests.journeys.system import clean_environment

DOCKERFILE = PROJECT / "Dockerfile"
FOLDERS = ("/opt/holdfast", "/app", "/var/lib/holdfast")
IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")


@dataclass(frozen=True)
class Instruction:
    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The list of an instruction in exec form, else what the shell would be given."""
        if self.text.startswith("["):
            words: list[str] = json.loads(self.text)
            return words
        return self.text.split()


def instructions() -> Iterator[Instruction]:
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, text = line.partition(" ")
            yield Instruction(name, text.strip())


def stages() -> list[list[Instruction]]:
    """The instructions of each stage, without what stands before the first FROM."""
    found: list[list[Instruction]] = []
    for instruction in instructions():
        if instruction.name == "FROM":
            found.append([])
        elif found:
            found[-1].append(instruction)
    return found


@dataclass
class Image:
    """What was built below `root`."""

    root: Path
    account: Account = field(default_factory=postgres_account)
    variables: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    default: list[str] = field(default_factory=list)
    health: str = ""

    def build(self) -> None:
        build, final = stages()
        self._add_python()
        for instruction in build:
            self._do(instruction)
        self.variables = {}
        for instruction in final:
            if instruction.name != "RUN" and "--from=build" not in instruction.text:
                self._do(instruction)
        var = self.root / "var/lib/holdfast"
        var.mkdir(parents=True)
        if self.account.changed:
            os.chown(var, self.account.uid, self.account.gid)

    def start(self, *command: str, log: Path, **variables: str) -> subprocess.Popen[bytes]:
        """Start a container's process: the entry point with this command, and nothing else."""
        return self.execute([*self.entrypoint, *(command or self.default)], log=log, **variables)

    def execute(
        self, command: list[str], *, log: Path, **variables: str
    ) -> subprocess.Popen[bytes]:
        """Start any command inside; what it writes goes to `log`."""
        found = shutil.which(command[0], path=self.variables["PATH"])
        assert found, f"{command[0]} is not in the image"
        account: dict[str, Any] = {
            "user": self.account.uid,
            "group": self.account.gid,
            "extra_groups": [],
        }
        with log.open("wb") as output:
            return subprocess.Popen(
                [found, *command[1:]],
                cwd=self.root / "app",
                env=self.variables | variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **(account if self.account.changed else {}),
            )

    def is_well(self, **variables: str) -> bool:
        """What the image's health check says."""
        environment = self.variables | variables
        command = re.sub(r"\$(\w+)", lambda found: environment[found[1]], self.health).split()
        return self.execute(command, log=Path(os.devnull), **variables).wait(20) == 0

    def _do(self, instruction: Instruction) -> None:
        match instruction.name:
            case "COPY":
                *sources, target = instruction.words
                self._copy([PROJECT / source for source in sources], self._placed(target))
            case "ENV":
                for name, value in re.findall(r"(\w+)=(\S+)", instruction.text):
                    self.variables[name] = self._placed(value).replace("$PATH", "/usr/bin:/bin")
            case "RUN":
                self._run(instruction.text)
            case "ENTRYPOINT":
                self.entrypoint = instruction.words
            case "CMD":
                self.default = instruction.words
            case "HEALTHCHECK":
                self.health = instruction.text.partition(" CMD ")[2]

    def _run(self, text: str) -> None:
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        subprocess.run(
            ["/bin/sh", "-e", "-c", self._placed(text)],
            cwd=self.root / "app" if (self.root / "app/manage.py").exists() else self.root,
            env=clean_environment(**self.variables, PATH=path),
            check=True,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def _copy(self, sources: list[Path], target: str) -> None:
        for source in sources:
            into = Path(target)
            if source.is_dir():
                shutil.copytree(source, into, ignore=IGNORED, dirs_exist_ok=True)
                continue
            into = into / source.name if target.endswith("/") else into
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, into)

    def _placed(self, text: str) -> str:
        for folder in FOLDERS:
            text = re.sub(rf"(?<![\w/.]){folder}(?=[/\s:]|$)", f"{self.root}{folder}", text)
        return text

    def _add_python(self) -> None:
        """Put a `python` on the build's path: one that the ordinary account can run, with pip."""
        base = [getattr(sys, "_base_executable", sys.executable), "/usr/bin/python3"]
        fits = '"$1" -c "import sys, venv; sys.exit(sys.version_info < (3, 11))"'
        python = next(p for p in base if Path(p).exists() and self.account.can(fits, Path(p)))
        shim = self.root / "bin" / "python"
        shim.parent.mkdir(parents=True)
        shim.write_text(
            f'#!/bin/sh\n[ "$2" = pip ] && exec "{sys.executable}" "$@"\nexec "{python}" "$@"\n'
        )
        shim.chmod(0o755)
