"""Why a time or a change is refused, for people. The keys are reasons and the API's sentences."""

from django.utils.translation import gettext_lazy as _

from core.admin.refusals import say

say(
    {
        "SLOT_TAKEN": _("This time is no longer free."),
        "HELD": _("This time is kept for somebody."),
        "NO_LANE": _("This time is no longer free."),
        "OUTSIDE_HOURS": _("This time is outside opening hours."),
        "TIME_OFF": _("Nobody is there at this time."),
        "HOLIDAY": _("This day is a holiday."),
        "BUFFER": _("This time is too close to another appointment."),
        "MIN_NOTICE": _("This time is too soon to be booked."),
        "HORIZON": _("This time is too far ahead to be booked."),
        "OFF_GRID": _("Appointments do not begin at this minute."),
        "LIMIT_DAY": _("This day has as many appointments as it may have."),
        "LIMIT_WEEK": _("This week has as many appointments as it may have."),
        "LIMIT_MONTH": _("This month has as many appointments as it may have."),
        "LIMIT_CUSTOMER": _("This customer has as many appointments as one may have then."),
        "TAKEN": _("Something else is booked at this time."),
        "EXTERNAL_BUSY": _("There is something else in the calendar at this time."),
        "CUSTOMER_EXISTS": _("Another customer has this address."),
        "STILL_FREE": _("There is a free time in this window: book it right away."),
        "ALREADY_WAITING": _("They are waiting for this already."),
        "WAIT_OVER": _("They have an offer, or do not wait any more."),
        "There would be too little time to answer.": _("There would be too little time to answer."),
        "The window must end after it starts.": _("This day is before the first one."),
        "This window is over.": _("This day is over."),
        "Give at most 62 days.": _("These are more than 62 days."),
        "This service is not done by them.": _("This service is not done by them."),
        "HOLD_LAPSED": _("The time was kept for too long and was given back."),
        "NOT_THEIR_SERVICE": _("Who it would be with does not offer this service."),
        "Say why it is booked all the same.": _("Say why it is booked all the same."),
        "A booking cannot change places with itself.": _(
            "A booking cannot change places with itself."
        ),
        "ILLEGAL_TRANSITION": _("In its present status this booking cannot do that."),
        "PLACE_IN_USE": _("There are bookings ahead on a place that would go."),
        "BOOKINGS_OUTSIDE": _("There are bookings ahead that would fall outside."),
        "SLUG_TAKEN": _("Another service has this slug already."),
        "KEY_TAKEN": _("Another type of resource has this key already."),
        "CODE_TAKEN": _("Another course has this code already."),
        "PRODUCT_TAKEN": _("This course has a product of this kind already."),
        "TA_BUSY": _("They are not free at this time."),
        "TA_NOT_ON_COURSE": _("They do not teach this course."),
        "DUPLICATE_PURCHASE": _("There is an active bundle of this product already."),
        "BUNDLE_EXPIRED": _("This bundle is no longer valid then."),
        "BUNDLE_NOT_COVERING": _("This bundle does not pay for that."),
        "NO_CREDIT": _("This bundle has too few sessions left."),
        "SESSION_FULL": _("This session is full."),
        "ALREADY_JOINED": _("They have a place in this session already."),
        "SESSION_OVER": _("This session can no longer be joined or changed."),
        "SESSION_DECIDES": _("The session decides when this takes place, and with whom."),
        "A session must end after it starts.": _("A session must end after it starts."),
        "A session must end after it starts, on the same day.": _(
            "A session must end after it starts, on the same day."
        ),
        "The last day cannot be before the first.": _("The last day cannot be before the first."),
        "A session lasts a day at most.": _("A session lasts a day at most."),
        "A session takes whole minutes.": _("A session takes whole minutes."),
        "This service is no course.": _("This service is no course."),
        "CAPACITY_BELOW_TAKEN": _("More places are taken than that."),
        "TEMPLATE_OVERLAPS": _("They have another weekly session at that time."),
        "A single session is paid for each time.": _("A single session is paid for each time."),
        "This product is not on sale.": _("This product is not on sale."),
        "Say how many sessions it has.": _("Say how many sessions it has."),
        "Say how long it is valid.": _("Say how long it is valid."),
        "A bundle must end after it starts.": _("A bundle must end after it starts."),
        "This is over already.": _("This is over already."),
        "A bundle is valid for five years at most.": _("A bundle is valid for five years at most."),
        "Say why.": _("Say why."),
        "USER_TAKEN": _("This person is another member of staff already."),
        "None of this service's resources is of this type.": _(
            "Nobody who does it is of this type."
        ),
        "This service has fewer resources of this type.": _(
            "Fewer of this type do it than are taken at once."
        ),
        "Only a question with a choice has options.": _(
            "Only a question with a choice has options."
        ),
        "A question with a choice needs something to choose.": _(
            "A question with a choice needs something to choose."
        ),
        "Each option has to be there once, and not be blank.": _("Write each option once."),
        "Closing comes after opening.": _("Closing comes after opening."),
        "These hours overlap.": _("These hours overlap."),
        "A break lies within the hours.": _("A break lies within the hours."),
        "Choose a day.": _("Choose a day."),
        "Write times like 09:00, and both of them.": _("Write times like 09:00, and both of them."),
        "Time off must end after it starts.": _("Time off must end after it starts."),
        "Say until when it repeats.": _("Say until when it repeats."),
        "A recurrence ends after it begins.": _("A recurrence ends after it begins."),
        "A recurrence has to end within 10 years.": _("A recurrence has to end within 10 years."),
        "A recurrence has at most 366 occurrences.": _("A recurrence has at most 366 occurrences."),
        "A schedule must end after it begins.": _("A schedule must end after it begins."),
        "This booking is over, so it cannot be changed.": _(
            "This booking is over, so it cannot be changed."
        ),
    }
)
