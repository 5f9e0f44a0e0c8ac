"""Browser tests need Debian's Chromium. Without it they do not pass in silence."""

import os
import shutil
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WHERE_FROM = "apt-get install chromium"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a browser test without Chromium, and fail it where everything has to run."""
    if CHROMIUM or item.get_closest_marker("browser") is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"Chromium is not installed: {WHERE_FROM}", pytrace=False)
    pytest.skip("Chromium is not installed")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    missing = [report for report in skipped if "browser" in report.keywords]
    if missing and not CHROMIUM:
        terminalreporter.section("BROWSER TESTS WERE NOT RUN", red=True, bold=True)
        terminalreporter.line(f"{len(missing)} of them need Chromium: {WHERE_FROM}", red=True)
