"""What must be so of lanes, of places, of ledgers and of what waits: registered with the app."""

from bookings.invariants import lanes, ledgers, places, waiting

__all__ = ["lanes", "ledgers", "places", "waiting"]
