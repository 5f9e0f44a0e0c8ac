"""Every rule of booking that can say no."""

from core.errors import Conflict


class SlotTaken(Conflict):
    """`alternatives`, where the door can offer them, are up to three free times."""

    reason = "SLOT_TAKEN"
    message = "This time is no longer free."


class OfferLapsed(SlotTaken):
    """What was in the way is an offer that nobody answered in time."""


class NotOffered(Conflict):
    """The time is not on offer; `reason` is the first one that explain gives."""

    message = "This time cannot be booked."

    def __init__(self, reason: str, message: str | None = None, **details: object) -> None:
        super().__init__(message, **details)
        self.reason = reason


class SeriesConflict(Conflict):
    """Some times of a series cannot be had: `conflicts` says which, and `reason` the first why."""

    message = "Not every appointment of this series can be had."

    def __init__(self, reason: str, *, conflicts: object) -> None:
        super().__init__(conflicts=conflicts)
        self.reason = reason


class IllegalTransition(Conflict):
    reason = "ILLEGAL_TRANSITION"
    message = "A booking in this status cannot do that."


class NotTheirService(Conflict):
    """`bookingId` would come to somebody who does not offer its service."""

    reason = "NOT_THEIR_SERVICE"
    message = "Who it would be with does not offer this service."


class HoldLapsed(Conflict):
    reason = "HOLD_LAPSED"
    message = "The hold on this time has lapsed."


class ReferenceTaken(Conflict):
    """Two random references met; the service draws another one. No client ever sees it."""

    reason = "REFERENCE_TAKEN"


class TooManyAhead(Conflict):
    """One address has as many open appointments as the booking page lets it have."""

    reason = "TOO_MANY_AHEAD"
    message = "This address has too many appointments ahead."


class BookingsOutside(Conflict):
    """`bookings` (the first of them, `count` is all) would lie outside what is left."""

    reason = "BOOKINGS_OUTSIDE"
    message = "There are bookings ahead that would fall outside."


class PlaceInUse(BookingsOutside):
    """They stand on a place that was to go."""

    reason = "PLACE_IN_USE"
    message = "There are bookings ahead on a place that would go."


class CancelDeadline(Conflict):
    """`until` was the last moment at which the customer could cancel."""

    reason = "CANCEL_DEADLINE"
    message = "It is too late to cancel this booking."


class RescheduleDeadline(Conflict):
    """`until` was the last moment at which the customer could move it."""

    reason = "RESCHEDULE_DEADLINE"
    message = "It is too late to move this booking."


class RescheduleLimit(Conflict):
    """The customer has moved it `most` times, which is as often as they may."""

    reason = "RESCHEDULE_LIMIT"
    message = "This booking cannot be moved again."


class CustomerExists(Conflict):
    """Another customer has this e-mail address: `customerId`."""

    reason = "CUSTOMER_EXISTS"
    message = "There is a customer with this e-mail address already."


class SlugTaken(Conflict):
    reason = "SLUG_TAKEN"
    message = "Another service has this slug already."


class KeyTaken(Conflict):
    reason = "KEY_TAKEN"
    message = "Another type of resource has this key already."


class UserTaken(Conflict):
    reason = "USER_TAKEN"
    message = "This person is another member of staff already."


class TypeInUse(Conflict):
    """`resources` are of this type, `services` ask for it."""

    reason = "TYPE_IN_USE"
    message = "There are resources of this type, or services that need one."


class StillFree(Conflict):
    """Nobody waits for what can be booked; `alternatives` are up to three free times."""

    reason = "STILL_FREE"
    message = "There is a free time already."


class AlreadyWaiting(Conflict):
    reason = "ALREADY_WAITING"
    message = "This person is waiting for this already."


class WaitIsOver(Conflict):
    reason = "WAIT_OVER"
    message = "This place on the waitlist is over."


class CodeTaken(Conflict):
    reason = "CODE_TAKEN"
    message = "Another course has this code already."


class CourseInUse(Conflict):
    """It has products or group sessions, which only a course has."""

    reason = "COURSE_IN_USE"
    message = "It has products or group sessions, so it stays a course with a code."


class ProductTaken(Conflict):
    reason = "PRODUCT_TAKEN"
    message = "This course has a product of this kind already."


class TaBusy(SlotTaken):
    """What a course's clients call a taken time; `alternatives` as of any."""

    reason = "TA_BUSY"
    message = "This person is not free at this time."


class TaNotOnCourse(Conflict):
    reason = "TA_NOT_ON_COURSE"
    message = "This person does not teach this course."


class DuplicatePurchase(Conflict):
    """The customer's active bundle of this product is `bundlePurchaseId`."""

    reason = "DUPLICATE_PURCHASE"
    message = "There is an active bundle of this product already."


class BundleExpired(Conflict):
    """It was valid until `validTo`."""

    reason = "BUNDLE_EXPIRED"
    message = "This bundle is no longer valid then."


class BundleNotCovering(Conflict):
    """It is another student's or course's, for another kind of session, or for another time."""

    reason = "BUNDLE_NOT_COVERING"
    message = "This bundle does not pay for that."


class NoCredit(Conflict):
    reason = "NO_CREDIT"
    message = "This bundle has too few sessions left."


class SessionFull(Conflict):
    reason = "SESSION_FULL"
    message = "This session is full."


class AlreadyJoined(Conflict):
    """The customer's place is `bookingId`."""

    reason = "ALREADY_JOINED"
    message = "This person has a place in this session already."


class SessionOver(Conflict):
    """It has begun, is over, or was cancelled."""

    reason = "SESSION_OVER"
    message = "This session can no longer be joined or changed."


class SessionDecides(Conflict):
    """A place in a session has no time of its own."""

    reason = "SESSION_DECIDES"
    message = "The session decides when this takes place, and with whom."


class CapacityBelowTaken(Conflict):
    """`taken` places are booked, or kept for somebody."""

    reason = "CAPACITY_BELOW_TAKEN"
    message = "More places are taken than that."


class LinkOver(Conflict):
    """It was opened already, or its time is over."""

    reason = "LINK_OVER"
    message = "This link can no longer be used."


class TemplateOverlaps(Conflict):
    """`templateId` is at that time already."""

    reason = "TEMPLATE_OVERLAPS"
    message = "This person has another weekly session at that time."


class LaidOutMeanwhile(Conflict):
    """Somebody else laid out that date, or changed the template. No client ever sees it."""

    reason = "LAID_OUT_MEANWHILE"


class ConsentMissing(Conflict):
    """`consents` says to which texts, by key and version, nobody agreed who has to."""

    reason = "CONSENT_MISSING"
    message = "This cannot be booked without agreeing to what is required."


class ConsentOutdated(Conflict):
    """Something was agreed to that is not asked, or no longer in these words; `consents` are
    those that are asked now.
    """

    reason = "CONSENT_OUTDATED"
    message = "What was agreed to is not what is asked now. Read it again."
