"""`python -m config.supervisor [--port N]`: the door behind `scripts/run`."""

import argparse
import os
import socket
import sys
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

PROJECT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    """Run until asked to stop; the exit code."""
    environ.Env.read_env(PROJECT / ".env")
    parser = argparse.ArgumentParser(
        prog="scripts/run", description="Run all of Holdfast: web, worker, clock and mailbox."
    )
    port = os.environ.get("PORT") or "8000"
    parser.add_argument("--port", type=int, default=port, help=f"of the pages and the API ({port})")
    port = parser.parse_args().port
    host = os.environ.get("HOST") or "127.0.0.1"
    if is_taken(host, port):
        return refuse(f"Port {port} is taken. Choose another: scripts/run --port {port + 1}")
    os.environ["PORT"] = str(port)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    try:
        from config.supervisor import system  # not before: this starts the database
    except ImproperlyConfigured as error:
        return refuse(str(error))
    return system.run(host=host, port=port)


def is_taken(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # just closed is free
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def refuse(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
