"""Every rule of messages that can say no."""

from core.errors import Conflict


class StillOnItsWay(Conflict):
    """The message waits or is being sent at this moment: there is nothing to repeat yet."""

    reason = "STILL_ON_ITS_WAY"
    message = "This message is still on its way."


class NoLongerTrue(Conflict):
    """What the message says is not so any more; `why` is a Delivery.DropReason."""

    reason = "NO_LONGER_TRUE"
    message = "This message would no longer be true."


class NobodyToTell(Conflict):
    """Neither the organization nor the installation has an admin address."""

    reason = "NO_ADDRESS"
    message = "There is no address to send this to."


class ReminderExists(Conflict):
    """There is a rule with the same service, length, reader and channel already."""

    reason = "REMINDER_EXISTS"
    message = "There is such a reminder already."
