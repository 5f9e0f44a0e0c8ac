"""Sessions and everybody else at once: real threads, each with its own connection."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from bookings.errors import SessionFull, SessionOver, SlotTaken, TaBusy, TemplateOverlaps
from bookings.models import Allocation, Booking, GroupSession, GroupSessionTemplate
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.group_session import SessionDetails, cancel_session, create_session
from bookings.services.laying_out import lay_out_sessions
from bookings.services.session_changing import change_session
from bookings.services.session_template import TemplateDetails, create_template, update_template
from bookings.services.status import cancel_booking
from tests.bookings.sessions import HOUR, join
from tests.cast import MIA
from tests.factories import BundleFactory, CustomerFactory
from tests.rivals import rivals

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("in_order", "no_deadlocks"),
]

ROUNDS = 10
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def _no_nudges(settings):
    settings.QUEUE_NUDGES = False


@pytest.fixture
def days() -> list[datetime]:
    """Ten in Berlin on the next working days from next week on."""
    start = timezone.now().astimezone(BERLIN) + timedelta(days=7)
    day = start.replace(hour=10, minute=0, second=0, microsecond=0)
    found = (day + timedelta(days=n) for n in range(2 * ROUNDS))
    return [day for day in found if day.weekday() < 5][:ROUNDS]


def a_session(algebra, anna, starts_at: datetime) -> SessionDetails:
    return SessionDetails(
        service=algebra,
        resource=anna,
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        capacity=2,
        price_amount=Decimal("15.00"),
    )


def outcomes(results) -> Counter:
    return Counter(type(result).__name__ for result in results)


def test_a_ta_is_given_to_a_session_or_to_a_booking_and_never_to_both(algebra, anna, staff, days):
    with rivals(6) as at_once:
        for day in days:
            beside = day + timedelta(minutes=30)
            wanted = [a_session(algebra, anna, at) for at in (day, beside, day)]
            lay_out = [partial(create_session, one, caller=staff) for one in wanted]
            request = BookingRequest(
                service=algebra,
                customer=MIA,
                starts_at=day,
                minutes=60,
                resource=anna,
                inquiry="?",
            )
            book = [partial(create_booking, request, caller=staff)] * 3
            results = at_once(*lay_out, *book)
            refused = [one for one in results if isinstance(one, Exception)]
            assert len(refused) == 5
            assert all(isinstance(one, SlotTaken | TaBusy) for one in refused)

    assert GroupSession.objects.count() + Booking.objects.count() == ROUNDS
    assert Allocation.objects.count() == ROUNDS


def test_two_clocks_lay_out_each_date_once(algebra, anna, staff):
    template = create_template(
        TemplateDetails(
            service=algebra,
            resource=anna,
            weekday=2,
            starts_at_time=time(14),
            ends_at_time=time(15),
            capacity=3,
            price_amount=Decimal("15.00"),
            is_active=False,
            weeks_ahead=20,
        ),
        caller=staff,
    )
    GroupSessionTemplate.objects.update(is_active=True)

    with rivals(3) as at_once:
        results = at_once(*[lay_out_sessions] * 3)

    laid_out = GroupSession.objects.filter(template=template)
    assert sum(results) == laid_out.count() >= 20
    assert not laid_out.values("on").annotate(n=Count("pk")).filter(n__gt=1).exists()


def test_one_ta_gets_one_weekly_session_at_a_time(algebra, anna, staff):
    details = TemplateDetails(
        service=algebra,
        resource=anna,
        weekday=2,
        starts_at_time=time(14),
        ends_at_time=time(15),
        capacity=3,
        price_amount=Decimal("15.00"),
        weeks_ahead=1,
    )
    with rivals(4) as at_once:
        results = at_once(*[partial(create_template, details, caller=staff)] * 4)

    assert outcomes(results) == {"GroupSessionTemplate": 1, TemplateOverlaps.__name__: 3}
    assert GroupSessionTemplate.objects.count() == 1


def test_joining_leaving_and_moving_at_once_leave_everybody_where_the_session_is(
    algebra, anna, ben, salon, staff, days
):
    with rivals(5) as at_once:
        for day in days:
            session = create_session(a_session(algebra, anna, day), caller=staff)
            leaver = join(session, CustomerFactory(organization=salon))
            others = [CustomerFactory(organization=salon) for _ in range(2)]
            results = at_once(
                partial(cancel_booking, leaver, caller=staff),
                partial(change_session, session, starts_at=day + 2 * HOUR, caller=staff),
                partial(change_session, session, resource=ben, caller=staff),
                *[partial(join, session, one) for one in others],
            )
            refused = {type(one) for one in results if isinstance(one, Exception)}
            assert refused <= {SessionFull}
            session.refresh_from_db()
            assert (session.starts_at, session.resource_id) == (day + 2 * HOUR, ben.pk)
            assert session.version == 3
            live = Booking.objects.filter(group_session=session).exclude(status="CANCELLED")
            assert live.count() == session.taken
            assert {(one.starts_at, one.resource_id) for one in live} == {
                (session.starts_at, session.resource_id)
            }


def test_a_weekly_session_that_changes_while_it_is_laid_out_is_laid_out_as_it_is_now(
    algebra, anna, staff
):
    with rivals(2) as at_once:
        for hour in range(9, 13):
            template = create_template(
                TemplateDetails(
                    service=algebra,
                    resource=anna,
                    weekday=2,
                    starts_at_time=time(hour),
                    ends_at_time=time(hour + 1),
                    capacity=3,
                    price_amount=Decimal("15.00"),
                    weeks_ahead=2,
                ),
                caller=staff,
            )
            GroupSessionTemplate.objects.filter(pk=template.pk).update(weeks_ahead=12)

            results = at_once(
                lay_out_sessions, partial(update_template, template, {"capacity": 5}, caller=staff)
            )

            assert not [one for one in results if isinstance(one, Exception)]
            laid_out = GroupSession.objects.filter(template=template)
            assert laid_out.count() >= 12
            assert set(laid_out.values_list("capacity", flat=True)) == {5}


def test_sessions_are_called_off_while_people_join_with_the_bundles_that_they_return(
    algebra, anna, ben, salon, staff, days, products
):
    kind = products["GROUP_SESSION_PASS"]
    with rivals(4) as at_once:
        for day in days:
            sessions = [
                create_session(replace(a_session(algebra, ta, day), capacity=6), caller=staff)
                for ta in (anna, ben)
            ]
            with transaction.atomic():  # a bundle and its ledger
                passes = [BundleFactory(product=kind, customer__organization=salon) for _ in "123"]
            for one, other in ((passes, sessions[0]), (passes[::-1], sessions[1])):
                for bundle in one[:2]:
                    join(other, bundle.customer, bundle)

            results = at_once(
                *[partial(cancel_session, session, caller=staff) for session in sessions],
                partial(join, sessions[0], passes[2].customer, passes[2]),
                partial(join, sessions[1], passes[0].customer, passes[0]),
            )

            refused = {type(one) for one in results if isinstance(one, Exception)}
            assert refused <= {SessionOver}
            for bundle in passes:
                bundle.refresh_from_db()
                assert bundle.remaining_sessions == 10
            assert not Booking.objects.exclude(status="CANCELLED").exists()
