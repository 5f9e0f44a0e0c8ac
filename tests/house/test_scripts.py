"""The scripts that install Holdfast and test it."""

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def project(tmp_path) -> Path:
    """A project that needs no package, so that installing it needs no network."""
    place = tmp_path / "here"
    (place / "requirements").mkdir(parents=True)
    (place / "requirements" / "dev.txt").write_text("# nothing\n")
    (place / "scripts").mkdir()
    shutil.copy(PROJECT / "scripts" / "install.py", place / "scripts")
    return place


def install(project: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, project / "scripts" / "install.py"],
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split(maxsplit=1)[0] for line in done.stdout.splitlines()]


def test_installing_is_done_once_and_again_when_something_changed(project):
    assert install(project) == ["making", "installing", "installed"]
    assert install(project) == []

    (project / "requirements" / "dev.txt").write_text("# still nothing\n")
    assert install(project) == ["installing", "installed"]
    assert install(project) == []

    (project / ".venv" / "bin" / "python").unlink()  # as an upgrade of the machine does
    assert install(project) == ["making", "installing", "installed"]

    # A virtual environment has its place in all its scripts.
    moved = project.rename(project.with_name("there"))
    assert install(moved) == ["making", "installing", "installed"]


def test_an_installation_that_failed_is_shown_and_tried_again(project):
    requirements = project / "requirements" / "dev.txt"
    requirements.write_text("./missing.whl\n")
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, project / "scripts" / "install.py"],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "missing.whl" in done.stderr
        assert done.stderr.endswith("install.log has the whole story.\n")
    requirements.write_text("# nothing\n")
    assert install(project)[-1] == "installed"


@pytest.mark.parametrize("script", ["run", "test", "lock"])
def test_without_a_new_enough_python_the_scripts_say_what_they_need(script):
    done = subprocess.run(
        [PROJECT / "scripts" / script],
        env=os.environ | {"PYTHON": "/bin/false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Holdfast needs Python 3.11 or newer")


@pytest.fixture(scope="module")
def check() -> dict[str, Any]:
    return runpy.run_path(str(PROJECT / "scripts" / "check.py"))


def test_a_check_that_fails_is_named_and_shows_why(check, capsys):
    assert not check["run"]("types", [sys.executable, "-c", "import sys; sys.exit('line 3')"])
    assert check["run"]("lint", [sys.executable, "-c", "print('quiet')"])
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in told] == [
        ["types", "FAILED"],
        ["line", "3"],
        ["lint", "ok"],
    ]


@pytest.mark.parametrize("browser", [True, False])
@pytest.mark.parametrize("journey", [True, False])
def test_every_test_is_of_exactly_one_kind(check, browser, journey):
    marked = {"browser": browser, "journey": journey}
    of = [kind for kind, said in check["KINDS"].items() if eval(said, {}, marked)]
    assert of == [{(0, 0): "unit", (0, 1): "integration"}.get((browser, journey), "browser")]
