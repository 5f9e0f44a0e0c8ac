"""Forgetting somebody who has places and who books at this very moment: the books stay right."""

from datetime import timedelta

import pytest

from bookings.models import Booking, CreditEntry, Customer
from bookings.services.customer import details_of
from bookings.services.erasing import erase_customer
from bookings.services.place import PlaceRequest, join_session
from bookings.services.place_waiting import PlaceWait, wait_for_place
from core.db import in_one_transaction
from core.models import Event
from tests.factories import CustomerFactory
from tests.rivals import rivals
from tests.waiting import called, state

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clock", "in_order", "no_deadlocks"),
]

ROUNDS = 6


@pytest.fixture(autouse=True)
def _no_nudges(settings):
    settings.QUEUE_NUDGES = False


def test_the_place_of_somebody_erased_is_offered_to_who_waits(tutorial, group_pass, lea, staff):
    tutorial.capacity = 1
    tutorial.save()
    theirs = PlaceRequest(session=tutorial, customer=details_of(lea), bundle=group_pass)
    place = join_session(theirs, caller=staff)
    waiting = wait_for_place(PlaceWait(session=tutorial, customer=called("Ada")), caller=staff)

    erase_customer(lea, caller=staff)

    place.refresh_from_db()
    tutorial.refresh_from_db()
    assert (place.status, place.name, place.customer_id) == ("CANCELLED", "Erased", lea.pk)
    assert state(waiting) == ["OFFERED"]
    assert (tutorial.taken, tutorial.held) == (0, 1)
    ledger = CreditEntry.objects.filter(bundle=group_pass).order_by("number")
    assert [(one.kind, one.amount, one.balance) for one in ledger] == [
        ("GRANTED", 10, 10),
        ("SPENT", -1, 9),
        ("RETURNED", 1, 10),
    ]
    assert Event.objects.get(name="customer.erased").data["cancelled"] == 1


def test_who_books_while_they_are_erased_is_somebody_new_or_cancelled(
    salon, book, staff, ten_o_clock
):
    """Four at once: one erases, three book with the same address, each a time of their own."""
    with rivals(4) as at_once:
        for number in range(ROUNDS):
            email = f"mia{number}@example.com"
            mia = CustomerFactory(organization=salon, name="Mia", email=email, company="M")
            day = ten_o_clock + timedelta(weeks=number)
            times = [day + timedelta(hours=place) for place in range(3)]
            who = details_of(mia)

            outcomes = at_once(
                lambda mia=mia: erase_customer(mia, caller=staff),
                *(lambda one=one, who=who: book(one, customer=who) for one in times),
            )

            erased, *booked = outcomes
            assert isinstance(erased, Customer), erased
            assert [type(one) for one in booked] == [Booking] * 3, booked
            for booking in Booking.objects.filter(pk__in=[one.pk for one in booked]):
                is_theirs = booking.customer_id == mia.pk
                assert (booking.name == "Erased") is is_theirs
                assert (booking.status == "CANCELLED") is is_theirs
            assert Customer.objects.get(pk=mia.pk).name == "Erased"
            known = Customer.objects.filter(email_index=Customer.index_of_email(email))
            assert known.count() <= 1


def test_a_transaction_that_breaks_off_forgets_nobody(book, staff):
    booking = book()

    @in_one_transaction
    def erase_and_break() -> None:
        erase_customer(booking.customer, caller=staff)
        raise KeyError

    with pytest.raises(KeyError):
        erase_and_break()

    booking.refresh_from_db()
    assert (booking.status, booking.name) == ("PENDING", "Mia Müller")
    assert Customer.objects.get(pk=booking.customer_id).erased_at is None
