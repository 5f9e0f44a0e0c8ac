"""What an organization keeps for a time goes when that time is over, and nothing before."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bookings.models import Booking, Customer
from bookings.selectors.retention import months_before
from core.access import CallerKind, Role
from core.models import Event
from notifications.models import Delivery
from notifications.tasks import apply_retention
from tests.console import desk_for, shown
from tests.console import said as console_said
from tests.factories import CustomerFactory, OrganizationFactory

pytestmark = pytest.mark.django_db


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("apply_retention", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def seen(book, clock, salon):
    """Mia comes on 16 November 2026; the salon keeps people for a year."""
    salon.customer_retention_months = 12
    salon.save()
    return book()


def test_who_has_not_been_here_for_a_year_is_erased_and_not_a_day_earlier(seen, clock, salon):
    clock.move_to(datetime(2027, 11, 15, 7, tzinfo=UTC))
    apply_retention()
    assert Customer.objects.get().erased_at is None

    clock.move_to(datetime(2027, 11, 17, 7, tzinfo=UTC))
    recent = CustomerFactory(organization=salon, name="Leo", email="leo@example.com")
    elsewhere = CustomerFactory(organization=OrganizationFactory())
    Customer.objects.filter(pk=elsewhere.pk).update(created_at=seen.created_at)
    apply_retention()

    assert Booking.objects.get().name == "Erased"
    assert set(Customer.objects.filter(erased_at=None)) == {recent, elsewhere}
    event = Event.objects.get(name="retention.applied")
    assert (event.actor_kind, event.data) == (CallerKind.CLOCK, {"customers": 1, "messages": 0})


def test_a_dry_run_says_what_would_go_and_changes_nothing(seen, clock, salon):
    clock.move_to(datetime(2028, 1, 1, tzinfo=UTC))

    assert said("--dry-run") == "salon: 1 customers and 0 messages would go.\n"
    assert Customer.objects.get().erased_at is None
    assert said("--organization", "salon") == "salon: 1 customers and 0 messages gone.\n"
    assert said() == "salon: 0 customers and 0 messages gone.\n"
    with pytest.raises(CommandError, match="no organization nowhere"):
        said("--organization", "nowhere")


def test_what_messages_said_goes_after_its_days(seen, clock, salon):
    salon.customer_retention_months, salon.message_retention_days = None, 30
    salon.save()
    about = Event.objects.filter(subject_id=seen.pk).first()
    content = {"subject": "Confirmed", "text": "Hello Mia", "html": ""}
    usual = {
        "organization": salon,
        "event": about,
        "booking": seen,
        "version": 1,
        "audience": "CUSTOMER",
        "address": "mia@example.com",
        "content": content,
        "not_before": seen.created_at,
    }
    old = Delivery.objects.create(**usual, message="booking_received", status="SENT")
    waiting = Delivery.objects.create(**usual, message="booking_confirmed", status="QUEUED")

    clock.shift(timedelta(days=31))
    apply_retention()

    old.refresh_from_db()
    waiting.refresh_from_db()
    assert (old.content, old.status, old.address) == (None, "SENT", "mia@example.com")
    assert waiting.content == content
    assert Customer.objects.get().erased_at is None


def test_an_owner_sees_what_would_go_and_removes_it_after_a_second_question(seen, clock, salon):
    owner, manager = desk_for(salon, Role.OWNER), desk_for(salon, Role.MANAGER)
    before = shown(owner.get("/admin/retention/"))
    assert "Remove now" not in before
    assert "12 months after they were here last" in before
    assert "Wed 4 Nov, 03:50" in before  # CHECKUP_HOUR is UTC
    assert owner.get("/admin/retention/remove/").url == "/admin/retention/"

    clock.move_to(datetime(2028, 1, 1, tzinfo=UTC))
    owner, manager = desk_for(salon, Role.OWNER), desk_for(salon, Role.MANAGER)
    assert "Remove now" in owner.get("/admin/retention/").text
    asked = shown(owner.get("/admin/retention/remove/"))
    assert "1 customer is erased, 0 messages are emptied." in asked
    assert manager.send("/admin/retention/remove/").status_code == 403
    assert Customer.objects.get().erased_at is None

    done = owner.send("/admin/retention/remove/")

    assert console_said(done) == ["Done: 1 customer is erased, 0 messages are emptied."]
    assert Customer.objects.get().erased_at is not None
    event = Event.objects.get(name="retention.applied")
    assert (event.actor_id, event.data) == (owner.user.pk, {"customers": 1, "messages": 0})
    assert Event.objects.get(name="customer.erased").actor_id == owner.user.pk


@pytest.mark.parametrize(
    ("months", "day"), [(1, (2027, 2, 28)), (12, (2026, 3, 31)), (15, (2025, 12, 31))]
)
def test_months_are_the_calendars(months, day):
    assert months_before(datetime(2027, 3, 31, tzinfo=UTC), months) == datetime(*day, tzinfo=UTC)
