"""Who is told what, when."""

import pytest

from bookings.services.booking import (
    cancel_booking,
    complete_booking,
    confirm_booking,
    mark_no_show,
)
from bookings.services.rescheduling import Changes, update_booking
from notifications.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)

MIA = "mia@example.com"
DESK = "desk@salon.example"


def test_a_request_is_received_by_the_customer_and_new_to_the_desk(book, deliver, mail_server):
    book()

    deliver()

    assert mail_server.subjects_to(MIA) == [
        "Request received: Haircut, Mon 16 Nov, 10:00 with Anna"
    ]
    assert mail_server.subjects_to(DESK) == [
        "New booking: Mia Müller, Haircut, Mon 16 Nov, 10:00 with Anna"
    ]
