"""What must be so of lanes, places, ledgers, of what waits and of the walls behind all of it.

They register themselves when the app is loaded.
"""

from bookings.invariants import lanes, ledgers, places, waiting, walls

__all__ = ["lanes", "ledgers", "places", "waiting", "walls"]
