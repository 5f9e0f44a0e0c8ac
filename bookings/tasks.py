"""What the clock does for bookings."""

from celery import shared_task

from bookings.services import (
    bundle_expiring,
    credit,
    hold,
    laying_out,
    offering,
    place_offers,
    status,
    waitlist,
)


@shared_task
def lapse_holds() -> None:
    """Release the holds whose time is over."""
    while hold.lapse_holds() == hold.LAPSED_BATCH:
        pass
    while place_offers.lapse_places():
        pass


@shared_task
def lapse_requests() -> None:
    """Cancel the requests that nobody answered in time."""
    while status.lapse_requests() == status.LAPSED_BATCH:
        pass


@shared_task
def close_windows() -> None:
    """End the places on waitlists whose window is over."""
    while waitlist.close_windows() == waitlist.OVER_BATCH:
        pass


@shared_task
def offer_what_is_free() -> None:
    """Offer to waitlists what came free by longer hours, fewer absences and the like."""
    offering.offer_what_is_free()


@shared_task
def expire_bundles() -> None:
    """Write off what is left of bundles that are over."""
    while credit.expire_bundles() == credit.EXPIRED_BATCH:
        pass


@shared_task
def announce_expiring_bundles() -> None:
    """Say of bundles with sessions left that they end within a week."""
    while bundle_expiring.announce_expiring_bundles() == bundle_expiring.ANNOUNCED_BATCH:
        pass


@shared_task
def lay_out_sessions() -> None:
    """Lay out the sessions of weekly templates as far ahead as they say."""
    laying_out.lay_out_sessions()
