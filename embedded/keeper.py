"""The keeper: `python -m embedded.keeper HOME LOCK`. See `embedded.servers`.

It leaves its terminal and its parent, so that Ctrl-C and the end of the process that started
it do not reach it, and keeps the inherited descriptor LOCK open for as long as it lives.
"""

import os
import signal
import sys
from pathlib import Path

from embedded.servers import Servers


def main() -> None:
    servers, lock = Servers(Path(sys.argv[1])), int(sys.argv[2])
    if os.fork():
        os._exit(0)
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.chdir("/")
    servers.keep(lock)


if __name__ == "__main__":
    main()
