"""Which processes there are, in the order in which they are stopped."""

import os
import socket
import sys
from pathlib import Path

from config.process import command
from config.supervisor.child import Child

HOST = "127.0.0.1"


def environment(*, port: int, smtp: socket.socket | None) -> dict[str, str]:
    """What every process is told: the port, and the mailbox unless mail really leaves."""
    told = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    told.setdefault("DRAIN_SECONDS", "0.5")  # nobody balances load in front of a laptop
    if smtp is not None:
        smtp_port = str(smtp.getsockname()[1])
        told |= {"SMTP_HOST": HOST, "SMTP_PORT": smtp_port, "SMTP_SECURITY": "none"}
    return told


def prepare(env: dict[str, str]) -> Child:
    return Child("setup", [sys.executable, "-m", "config.supervisor.prepare"], env)


def processes(env: dict[str, str], *, var: Path, smtp: socket.socket | None) -> list[Child]:
    children = [
        Child("web", command("web"), env, patience=10),
        Child("clock", command("clock"), env, patience=3),
        Child("worker", command("worker"), env, patience=26),
    ]
    if smtp is not None:
        folder = str(var / "mailbox")
        mailbox = [sys.executable, "-m", "embedded.mailbox", str(smtp.fileno()), folder]
        children.append(Child("mailbox", mailbox, env, inherits=[smtp.fileno()]))
    return children


def listening(var: Path) -> socket.socket:
    """The mailbox' socket, on the port of the last start when it is free."""
    remembered = var / "mailbox" / "port"
    remembered.parent.mkdir(parents=True, exist_ok=True)
    last = int(remembered.read_text()) if remembered.exists() else 0
    for port in (last, 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            listener.close()
            continue
        listener.listen(100)
        remembered.write_text(str(listener.getsockname()[1]))
        return listener
    raise OSError(f"No port is free on {HOST}.")
