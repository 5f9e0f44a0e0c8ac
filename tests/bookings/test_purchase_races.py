"""One student's next bundle, bought at every till at once."""

from collections import Counter
from functools import partial

import pytest

from bookings.errors import DuplicatePurchase, ProductTaken
from bookings.models import BundlePurchase, CreditEntry, Product
from bookings.services.bundle import BundleOrder, purchase_bundle
from bookings.services.product import create_product
from tests.factories import BundleFactory, CustomerFactory
from tests.rivals import rivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_order")]

RIVALS, ROUNDS = 16, 5


@pytest.fixture(autouse=True)
def _no_worker(settings):
    settings.QUEUE_NUDGES = False


def test_one_bundle_is_sold_and_the_others_learn_which(salon, products, staff):
    product = products["FULL_SEMESTER_BUNDLE"]
    with rivals(RIVALS) as at_once:
        for number in range(ROUNDS):
            student = CustomerFactory(organization=salon)
            if number % 2:  # the last one is used up and makes room
                BundleFactory(customer=student, product=product, remaining_sessions=0)
            order = BundleOrder(product=product, customer=student)

            answers = at_once(*[partial(purchase_bundle, order, caller=staff)] * RIVALS)

            assert Counter(map(type, answers)) == {BundlePurchase: 1, DuplicatePurchase: 15}
            [sold] = [answer for answer in answers if isinstance(answer, BundlePurchase)]
            refused = [one for one in answers if isinstance(one, DuplicatePurchase)]
            assert {one.details["bundlePurchaseId"] for one in refused} == {sold.pk}
    latest = BundlePurchase.objects.filter(is_latest=True)
    assert set(latest.values_list("remaining_sessions", "entries")) == {(10, 1)}
    assert latest.count() == ROUNDS
    assert CreditEntry.objects.filter(kind="GRANTED", bundle__in=latest).count() == ROUNDS


def test_a_course_gets_one_product_of_a_kind(algebra, staff):
    columns = {"kind": Product.Kind.GROUP_SESSION_PASS, "price_amount": 90}
    with rivals(RIVALS) as at_once:
        answers = at_once(*[partial(create_product, algebra, columns, caller=staff)] * RIVALS)

    assert Counter(map(type, answers)) == {Product: 1, ProductTaken: 15}
    assert Product.objects.count() == 1
