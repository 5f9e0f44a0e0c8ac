"""How long one run of the sender may take, and what it did."""

from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

# A wait of a few seconds is worth waking up for; anything longer the clock finds.
WORTH_WAKING_FOR = timedelta(seconds=8)


@dataclass
class Run:
    """What one run did, and until when (monotonic seconds) it may go on.

    wake_in: the soonest next try of what it put off, if that is soon.
    """

    ends: float
    sent: int = 0
    dropped: int = 0
    refused: int = 0
    wake_in: timedelta | None = None
    is_unfinished: bool = False

    def is_over(self) -> bool:
        return monotonic() > self.ends

    def put_off(self, wait: timedelta | None) -> None:
        self.refused += 1
        if wait is not None and wait <= WORTH_WAKING_FOR:
            self.wake_in = min(wait, self.wake_in or wait)
