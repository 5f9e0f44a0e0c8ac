"""Nobody but core.outbound speaks HTTP to an address that is not ours."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("core", "bookings", "notifications", "config", "embedded")
CLIENTS = {
    "aiohttp", "ftplib", "http.client", "httpcore", "httpx", "pycurl", "requests",
    "urllib.request", "urllib3",
}  # fmt: skip
# Who asks an address that nobody typed, and why.
OWN_ADDRESSES = {
    "core/outbound.py",  # the way out itself
    "core/health/probe.py",  # a container asks itself whether it is well
    "config/supervisor/supervisor.py",  # the web process on this machine: is it up?
}


def imported_by(file: Path) -> set[str]:
    """Return the modules that a file imports, `from http import client` as http.client too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{one.name}" for one in node.names)
    return found


def test_only_the_guard_opens_connections_by_http():
    using = {
        str(file.relative_to(ROOT))
        for app in APPS
        for file in (ROOT / app).rglob("*.py")
        for name in imported_by(file)
        if name in CLIENTS or any(name.startswith(f"{client}.") for client in CLIENTS)
    }

    assert using == OWN_ADDRESSES
