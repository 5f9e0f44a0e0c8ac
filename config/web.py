"""The web process: `python -m config.web`. Granian serving WSGI, in development as in production.

Granian alone would close its doors at once on SIGTERM. A load balancer still sends visitors
for some seconds, so here SIGTERM first turns its health to 503, waits DRAIN_SECONDS, and only
then lets Granian refuse new connections, finish its requests and end.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from granian.constants import Interfaces
from granian.server.mp import MPServer

from core.health import draining
from core.observability.processes import name_process

FINISH_SECONDS = 20  # for the requests that run when the doors close; then they are cut off
DRAIN = signal.SIGUSR1

log = logging.getLogger("config.web")


class Web(MPServer):
    """Granian's server, whose workers hear of the end before it comes."""

    drain_seconds: float
    stopping = False

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        if self.stopping:  # asked twice: without the wait
            super().signal_handler_interrupt()
            return
        self.stopping = True
        log.info("stopping: health answers 503, closing in %g s", self.drain_seconds)
        for worker in self.wrks:
            if worker.is_alive():
                os.kill(worker._id(), DRAIN)  # noqa: SLF001
        timer = threading.Timer(self.drain_seconds, super().signal_handler_interrupt)
        timer.daemon = True
        timer.start()


def load_application() -> Callable[..., Any]:
    """In each worker process: Django, ready, and an ear for the signal that it will stop."""
    from config.wsgi import application

    signal.signal(DRAIN, lambda *_: draining.begin())
    return application


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings

    from config.settings.env import IS_PRODUCTION, env

    name_process("web")
    signal.signal(DRAIN, signal.SIG_IGN)  # inherited: a worker that is not ready yet lives on
    server = Web(
        "config.wsgi:application",
        address=env("HOST") or ("0.0.0.0" if IS_PRODUCTION else "127.0.0.1"),  # noqa: S104
        port=env("PORT"),
        interface=Interfaces.WSGI,
        workers=env("WEB_PROCESSES"),
        blocking_threads=1,  # measured: more only wait for the interpreter's lock
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=FINISH_SECONDS,
        log_dictconfig=settings.LOGGING,
    )
    server.drain_seconds = env("DRAIN_SECONDS")
    server.serve(target_loader=load_application, wrap_loader=False)
    log.info("stopped")


if __name__ == "__main__":
    main()
