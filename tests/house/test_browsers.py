"""What happens to browser tests on a machine without Chromium."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ONE_TEST = """
import pytest

@pytest.mark.browser
def test_something_in_a_browser():
    raise AssertionError("it ran")
"""


@pytest.mark.parametrize(
    ("ci", "code", "said"),
    [
        ("", 0, "BROWSER TESTS WERE NOT RUN"),
        ("true", 1, "Chromium is not installed: apt-get install chromium"),
    ],
)
def test_without_chromium_they_are_loudly_left_out_and_in_ci_they_fail(tmp_path, ci, code, said):
    (tmp_path / "test_it.py").write_text(ONE_TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = browser\n")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.browsers", "-p", "no:django", str(tmp_path)],
        cwd=Path(__file__).parent.parent.parent,
        env={**os.environ, "PATH": str(tmp_path), "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == code, run.stdout
    assert said in run.stdout
    assert "it ran" not in run.stdout
