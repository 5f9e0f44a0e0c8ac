"""`lifeline.py PARENT PROGRAM …`: run PROGRAM, and end it with SIGTERM when PARENT dies.

A supervisor that is killed cannot stop its processes, so on Linux the kernel does. Elsewhere
they run on, and the next start says that its port is taken.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            sys.exit(1)
    os.execv(program[0], program)  # noqa: S606


if __name__ == "__main__":
    main()
