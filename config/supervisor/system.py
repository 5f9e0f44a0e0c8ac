"""All of Holdfast from its start to its stop."""

import fcntl
import sys

from config.settings import embedded
from config.settings.base import VAR_DIR
from config.settings.env import IS_PRODUCTION, env
from config.settings.security import PUBLIC_BASE_URL
from config.supervisor import processes
from config.supervisor.log import say
from config.supervisor.supervisor import AskedToStop, Failed, Supervisor


def run(*, host: str, port: int) -> int:
    """Run everything until asked to stop: 0, or 1 when something could not go on running."""
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    with (VAR_DIR / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write(f"Holdfast is running already, with its data in {VAR_DIR}.\n")
            return 2
        supervisor = Supervisor()
        try:
            return _serve(supervisor, host=host, port=port)
        except AskedToStop:
            say("asked to stop")
            return 0
        except Failed as error:
            say(f"stopping everything: {error}")
            return 1
        finally:
            supervisor.stop(then=_stop_database)


def _serve(supervisor: Supervisor, *, host: str, port: int) -> int:
    has_mailbox = not (IS_PRODUCTION or env("SMTP_HOST") or env("EMAIL_PROVIDER") != "smtp")
    smtp = processes.listening(VAR_DIR) if has_mailbox else None
    told = processes.environment(port=port, smtp=smtp)
    supervisor.prepare(processes.prepare(told))
    children = processes.processes(told, var=VAR_DIR, smtp=smtp)
    supervisor.serve(children, host=host, port=port)
    _announce(has_mailbox=has_mailbox)
    supervisor.watch()
    return 0


def _announce(*, has_mailbox: bool) -> None:
    places = {
        "page": f"{PUBLIC_BASE_URL}/",
        "admin": f"{PUBLIC_BASE_URL}/admin/",
        "API docs": f"{PUBLIC_BASE_URL}/api/docs/ui",
    }
    if has_mailbox:
        places["mailbox"] = f"{PUBLIC_BASE_URL}/mailbox/"
    if (VAR_DIR / "credentials").exists():
        places["credentials"] = str(VAR_DIR / "credentials")
    say("")
    say("Holdfast is running. Ctrl-C stops it.")
    for name, place in places.items():
        say(f"  {name:<12} {place}")
    say("")


def _stop_database() -> None:
    servers = embedded.servers(VAR_DIR)
    if not servers.in_use:
        return  # DATABASE_URL and REDIS_URL name servers that are not ours to stop
    say("stopping the database")
    if servers.stop_if_last(within=2):
        say("stopped")
    else:
        say("another process uses the database, which stops after it")
