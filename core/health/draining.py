"""Whether this process has been told to stop.

From then on health for load balancers answers 503, so that no new visitor is sent here, while
requests are still taken and finished. `config.web` says when.
"""

import threading

_told_to_stop = threading.Event()


def begin() -> None:
    _told_to_stop.set()


def is_draining() -> bool:
    return _told_to_stop.is_set()
