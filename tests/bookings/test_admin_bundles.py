"""Bundles in the console: found, sold, looked into and adjusted."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bookings.models import BundlePurchase, CreditEntry, Customer
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.credit import adjust_credits
from bookings.services.customer import details_of
from bookings.services.status import cancel_booking
from core.access import Role
from core.models import Event
from tests.console import desk_for, said, shown
from tests.factories import BundleFactory, CustomerFactory, OrganizationFactory, ProductFactory

pytestmark = pytest.mark.django_db

BUNDLES = "/admin/bookings/bundlepurchase/"
SELL = f"{BUNDLES}add/"
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(salon, clock):
    return desk_for(salon)


@pytest.fixture
def manager(salon, clock):
    return desk_for(salon, Role.MANAGER)


@pytest.fixture
def teach(clock, algebra, lea, bundle, staff, ten_o_clock):
    """Book Lea an hour of algebra, paid by her bundle."""

    def teach(at: datetime = ten_o_clock, **changes):
        wanted = {"service": algebra, "customer": details_of(lea), "minutes": 60, "bundle": bundle}
        request = BookingRequest(starts_at=at, **{**wanted, **changes})
        return create_booking(request, caller=staff)

    return teach


def page_of(bundle: BundlePurchase, verb: str = "change") -> str:
    return f"{BUNDLES}{bundle.pk}/{verb}/"


def test_the_list_says_who_has_what_left_in_nine_queries(
    desk, bundle, group_pass, algebra, django_assert_max_num_queries
):
    old = BundleFactory(
        product=bundle.product,
        customer=CustomerFactory(organization=algebra.organization, name="Tom Thal"),
        remaining_sessions=0,
        valid_to_at=datetime(2026, 11, 2, 23, tzinfo=UTC),
    )
    desk.get(BUNDLES)

    with django_assert_max_num_queries(9):
        page = shown(desk.get(BUNDLES))

    for text in ("Lea Lang", "Algebra I", "10 of 10 left", "until Sun 28 Feb 2027", "Expired"):
        assert text in page

    def found(**query):
        return {row.pk for row in desk.get(BUNDLES, query).context["cl"].result_list}

    assert found(status="ACTIVE") == {bundle.pk, group_pass.pk}
    assert found(status="EXPIRED", course=algebra.pk) == {old.pk}
    assert found(status="USED_UP") == set()
    assert found(q="Tom") == found(q=old.customer.email) == {old.pk}
    assert found(q="nobody@example.com") == set()


def test_a_bundle_is_found_by_what_somebody_typed_when_they_booked(desk, bundle, teach, lea):
    teach(customer=details_of(lea))
    lea.name = "Lea Married"
    lea.index_the_person()
    lea.save()

    page = desk.get(BUNDLES, {"q": "Lea La"})

    assert [row.pk for row in page.context["cl"].result_list] == [bundle.pk]


def test_the_page_of_a_bundle_shows_each_line_of_its_ledger(
    manager, bundle, teach, staff, ten_o_clock, django_assert_max_num_queries
):
    kept, back = teach(), teach(at=ten_o_clock + HOUR)
    cancel_booking(back, caller=staff, return_credit=True)
    manager.send(page_of(bundle, "adjust"), sessions="2", reason="A gift", entries="4")
    manager.get(page_of(bundle))

    with django_assert_max_num_queries(12):
        answer = manager.get(page_of(bundle))

    lines = [
        (line["entry"].number, line["amount"], line["entry"].balance, line["who"])
        for line in answer.context["statement"]
    ]
    by = manager.user.name
    assert lines == [
        (5, "+2", 11, by),
        (4, "+1", 9, "a command"),
        (3, "\u22121", 8, "a command"),
        (2, "\u22121", 9, "a command"),
        (1, "+10", 10, "a command"),
    ]
    assert answer.context["paid"] == [(back, True), (kept, False)]
    page = shown(answer)
    for text in ("11 of 12 left", kept.reference, "session returned", "A gift", "300.00 EUR"):
        assert text in page


def test_who_may_not_adjust_reads_no_reason_and_cannot(desk, bundle, staff, clock):
    adjust_credits(bundle, amount=-1, reason="Lea was rude", caller=staff)

    page = shown(desk.get(page_of(bundle)))

    assert "Adjusted by staff" in page
    assert "rude" not in page
    assert "Adjust…" not in page
    assert desk.send(page_of(bundle, "adjust"), sessions="5").status_code == 403
    bundle.refresh_from_db()
    assert bundle.remaining_sessions == 9


def test_sessions_are_given_with_a_reason_and_written_down(manager, bundle):
    answer = manager.send(
        page_of(bundle, "adjust"), sessions="-3", reason="Sold twice", entries="1"
    )

    assert answer.url == page_of(bundle)
    assert said(answer) == ["The bundle is adjusted: 7 of 7 left."]
    entry = CreditEntry.objects.get(number=2)
    assert (entry.kind, entry.amount, entry.reason) == ("ADJUSTED", -3, "Sold twice")
    assert entry.actor_id == manager.user.pk
    assert Event.objects.get(name="bundle.adjusted").data == {"amount": -3, "balance": 7}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"sessions": "0"}, "Write a number from -1000 to 1000, but not 0."),
        ({"sessions": "-11"}, "This bundle has too few sessions left."),
        ({"sessions": "1001"}, "Ensure this value is less than or equal to 1000."),
        ({"sessions": "991"}, "A bundle has at most 1000 sessions."),
        ({"reason": " "}, "This is needed."),
        ({"entries": "2"}, "Somebody changed this since you opened it."),
    ],
)
def test_what_cannot_be_adjusted_says_why_and_changes_nothing(manager, bundle, typed, sentence):
    form = {"sessions": "1", "reason": "A gift", "entries": "1", **typed}

    answer = manager.send(page_of(bundle, "adjust"), **form)

    assert answer.status_code == 422
    assert sentence in shown(answer)
    bundle.refresh_from_db()
    assert (bundle.remaining_sessions, bundle.entries) == (10, 1)


def test_what_is_over_is_not_adjusted_for_it_would_expire_at_once(manager, bundle, clock):
    clock.move_to(bundle.valid_to_at)
    manager.force_login(manager.user)
    assert "Adjust…" not in shown(manager.get(page_of(bundle)))

    answer = manager.send(page_of(bundle, "adjust"), sessions="1", reason="A gift", entries="1")

    assert (answer.url, said(answer)) == (page_of(bundle), ["This bundle is over."])
    bundle.refresh_from_db()
    assert bundle.entries == 1


def test_a_bundle_is_sold_from_the_customers_page(desk, lea, products):
    product = products["FULL_SEMESTER_BUNDLE"]
    page = desk.get(SELL, {"customer": lea.pk})
    assert "300.00 EUR, 10 sessions, valid for 120 days" in shown(page)
    assert "40.00" not in shown(page)  # a single session is no bundle
    here = f"{SELL}?customer={lea.pk}&product={product.pk}"
    asked = desk.get(here)
    assert asked.context["form"].initial["last"].isoformat() == "2027-03-02"

    answer = desk.post(
        here,
        {
            "token": asked.context["token"],
            "sessions": "8",
            "first": "2026-11-03",
            "last": "2027-02-28",
        },
    )

    bundle = BundlePurchase.objects.get()
    assert answer.url == page_of(bundle)
    assert said(answer) == ["Sold: Bundle for the whole semester, 8 of 8 left."]
    assert (bundle.customer, bundle.product, bundle.total_sessions) == (lea, product, 8)
    assert (bundle.price_amount, bundle.price_currency) == (Decimal("300.00"), "EUR")
    assert bundle.valid_from_at == datetime(2026, 11, 2, 23, tzinfo=UTC)
    assert bundle.valid_to_at == datetime(2027, 2, 28, 23, tzinfo=UTC)
    assert Event.objects.get(name="bundle.purchased").actor_id == desk.user.pk


def test_the_second_click_sells_no_second_bundle(desk, lea, products):
    here = f"{SELL}?customer={lea.pk}&product={products['GROUP_SESSION_PASS'].pk}"
    form = {
        "token": desk.get(here).context["token"],
        "sessions": "10",
        "first": "2026-11-03",
        "last": "2026-12-31",
        "coverage": "MIDTERM_FINAL_ONLY",
    }

    answers = [desk.post(here, form).url for _ in range(2)]

    bundle = BundlePurchase.objects.get()
    assert bundle.coverage == "MIDTERM_FINAL_ONLY"
    assert answers == [page_of(bundle)] * 2


def test_a_second_of_the_same_is_refused_with_the_way_to_the_first(desk, lea, bundle):
    offered = shown(desk.get(SELL, {"customer": lea.pk}))
    assert "They have one that is active." in offered
    here = f"{SELL}?customer={lea.pk}&product={bundle.product_id}"

    answer = desk.post(here, {"sessions": "10", "first": "2026-11-03", "last": "2026-12-31"})

    assert answer.status_code == 422
    assert "There is an active bundle of this product already." in shown(answer)
    assert page_of(bundle) in shown(answer)
    assert BundlePurchase.objects.get() == bundle


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"sessions": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"sessions": ""}, "This is needed."),
        ({"last": "2026-11-02"}, "A bundle must end after it starts."),
        ({"first": "2026-01-01", "last": "2026-11-02"}, "This is over already."),
        ({"last": "2032-01-01"}, "A bundle is valid for five years at most."),
        ({"last": "9999-12-31"}, "Choose a day."),
        ({"last": "soon"}, "Enter a valid date."),
    ],
)
def test_what_cannot_be_sold_says_why_beside_its_field(desk, lea, products, typed, sentence):
    here = f"{SELL}?customer={lea.pk}&product={products['FULL_SEMESTER_BUNDLE'].pk}"
    form = {"sessions": "10", "first": "2026-11-03", "last": "2026-12-31", **typed}

    answer = desk.post(here, form)

    assert answer.status_code == 422
    assert sentence in shown(answer)
    assert not BundlePurchase.objects.exists()


def test_who_buys_is_found_or_written_down(desk, lea, products):
    found = desk.post(SELL, {"go": "find", "find": "Lea"})
    assert f"{SELL}?customer={lea.pk}" in shown(found)
    known = desk.post(SELL, {"go": "new", "name": "Lea", "email": "LEA@example.com"})
    assert known.status_code == 422
    assert "Another customer has this address." in shown(known)
    assert known.context["known"] == f"{SELL}?customer={lea.pk}"

    answer = desk.post(SELL, {"go": "new", "name": "Tom Thal", "email": "tom@example.com"})

    tom = Customer.objects.exclude(pk=lea.pk).get()
    assert (tom.name, answer.url) == ("Tom Thal", f"{SELL}?customer={tom.pk}")


def test_what_is_not_sold_or_is_elsewhere_cannot_be_chosen(desk, lea, products):
    products["MIDTERM_FINAL_BUNDLE"].is_active = False
    products["MIDTERM_FINAL_BUNDLE"].save()
    others = OrganizationFactory()
    elsewhere = ProductFactory(service__organization=others)
    stranger = CustomerFactory(organization=others)

    for product in (products["MIDTERM_FINAL_BUNDLE"], products["INDIVIDUAL_SESSION"], elsewhere):
        page = desk.post(
            f"{SELL}?customer={lea.pk}&product={product.pk}",
            {"sessions": "1", "first": "2026-11-03", "last": "2026-12-31"},
        )
        assert "courses" in page.context  # still to be chosen
    page = desk.get(SELL, {"customer": stranger.pk})

    assert "Who buys?" in shown(page)
    assert not BundlePurchase.objects.exists()


def test_a_viewer_looks_and_sells_nothing(salon, bundle, clock):
    viewer = desk_for(salon, Role.VIEWER)

    assert viewer.get(page_of(bundle)).status_code == 200
    assert "Sell a bundle" not in shown(viewer.get(BUNDLES))
    assert "Book with this bundle" not in shown(viewer.get(page_of(bundle)))
    assert viewer.get(SELL).status_code == 403
    assert viewer.get(page_of(bundle, "adjust")).status_code == 403
