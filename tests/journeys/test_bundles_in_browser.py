"""Sessions paid in advance, in a real browser: sold and booked with in a few clicks.

Pictures go to artifacts/pictures, for a person to look at.
"""

from datetime import UTC, datetime

import pytest

from bookings.models import Booking, BundlePurchase

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def course(clock, algebra, products, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return algebra


def test_a_bundle_is_sold_in_three_clicks_and_booked_with_in_three(look, course, lea):
    reader = look()
    reader.open(f"/admin/bookings/customer/{lea.pk}/change/")

    reader.click("Sell a bundle")
    reader.click("Bundle for the whole semester 300.00 EUR", exact=False)
    reader.click("Sell for 300.00 EUR", role="button")

    reader.page.get_by_text("Sold: Bundle for the whole semester, 10 of 10 left.").wait_for()
    assert reader.clicks == 3
    bundle = BundlePurchase.objects.get()
    assert bundle.customer == lea
    reader.click("Book with this bundle")
    assert reader.page.get_by_role("radio", name="Bundle for the whole semester").is_checked()
    reader.page.get_by_role("radio", name="14:00").check()
    reader.clicks += 1
    reader.click("Book and tell the customer", role="button")

    reader.page.get_by_text("Booked: Tue 3 Nov, 14:00–15:00").wait_for()
    assert reader.clicks == 6
    booking = Booking.objects.get()
    assert (booking.bundle, booking.starts_at) == (bundle, datetime(2026, 11, 3, 13, tzinfo=UTC))
    reader.click("Bundle for the whole semester")
    reader.page.get_by_text("9 of 10 left").first.wait_for()
    assert reader.problems == []


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_every_page_reads_well(look, course, lea, bundle, group_pass, phone, dark):
    reader = look(phone=phone, dark=dark)
    pages = {
        "bundles": "/admin/bookings/bundlepurchase/",
        "bundle": f"/admin/bookings/bundlepurchase/{bundle.pk}/change/",
        "bundle-adjust": f"/admin/bookings/bundlepurchase/{bundle.pk}/adjust/",
        "sell-who": "/admin/bookings/bundlepurchase/add/",
        "sell-what": f"/admin/bookings/bundlepurchase/add/?customer={lea.pk}",
        "sell": "/admin/bookings/bundlepurchase/add/"
        f"?customer={lea.pk}&product={group_pass.product_id}",
        "credits": "/admin/credits/",
        "course": f"/admin/bookings/service/{course.pk}/change/",
        "customer-bundles": f"/admin/bookings/customer/{lea.pk}/change/",
    }
    device, light = "phone" if phone else "desktop", "dark" if dark else "light"

    for name, path in pages.items():
        reader.open(path)
        reader.looks_at(f"console-{name}-{device}-{light}")
        assert reader.violations() == [], name
        wide = reader.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= (360 if phone else 1440), name

    assert reader.problems == []
