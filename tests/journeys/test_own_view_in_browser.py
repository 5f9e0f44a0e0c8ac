"""A customer's own view in a real browser: asked for, opened, looked at, left; in both lights.

Pictures go to artifacts/pictures, for a person to look at.
"""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from bookings.models import Booking, CustomerLink
from bookings.selectors.own_view import link_url
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.credit import adjust_credits
from bookings.services.customer import details_of
from bookings.services.place import PlaceRequest, join_session
from bookings.services.status import cancel_booking
from tests.browser import reader_at
from tests.factories import BundleFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [True, False], ids=["360", "1440"])
def test_somebody_asks_for_their_link_and_sees_everything_of_theirs(
    clock,
    chromium,
    live_server,
    salon,
    algebra,
    products,
    tutorial,
    bundle,
    group_pass,
    lea,
    staff,
    ten_o_clock,
    phone,
    dark,
):
    salon.contact_email, salon.accent_color = "hello@salon.example", "#b4325a"
    salon.save()
    algebra.location = "Room 12, Marktplatz 3"
    algebra.save()
    request = BookingRequest(
        service=algebra, customer=details_of(lea), starts_at=ten_o_clock, minutes=60
    )
    gone = create_booking(request, caller=staff)
    cancel_booking(gone, caller=staff)
    create_booking(
        BookingRequest(
            service=algebra,
            customer=details_of(lea),
            starts_at=ten_o_clock + timedelta(days=1),
            minutes=60,
            bundle=bundle,
        ),
        caller=staff,
    )
    join_session(
        PlaceRequest(session=tutorial, customer=details_of(lea), bundle=group_pass), caller=staff
    )
    adjust_credits(bundle, amount=-1, reason="Typed wrongly", caller=staff)
    BundleFactory(
        customer=lea,
        product=products["MIDTERM_FINAL_BUNDLE"],
        valid_to_at=ten_o_clock - timedelta(days=14),
    )
    her = reader_at(chromium, live_server.url, phone=phone, dark=dark)
    where = f"{'dark' if dark else 'light'}-{'360' if phone else '1440'}"

    her.open("/my/salon")
    her.looks_at(f"own-ask-{where}")
    assert her.violations() == []
    her.page.get_by_label("E-mail").fill("lea@example.com")
    her.click("Send me the link", role="button")
    her.looks_at(f"own-asked-{where}")
    assert her.violations() == []

    her.open(urlsplit(link_url(CustomerLink.objects.get())).path)
    her.looks_at(f"own-open-{where}")
    assert her.violations() == []
    her.click("See my appointments", role="button")
    for summary in her.page.locator("summary").all():
        summary.click()
    her.looks_at(f"own-{where}")
    assert her.violations() == []
    width = her.page.evaluate("document.documentElement.scrollWidth")
    assert width <= (360 if phone else 1440)

    her.click("Give it up…")
    her.looks_at(f"own-leave-{where}")
    assert her.violations() == []
    her.page.locator("form button.button-danger").click()
    her.page.wait_for_load_state("load")
    assert Booking.objects.get(group_session=tutorial).status == "CANCELLED"

    her.open("/my/salon")
    her.click("Sign out", role="button")
    assert her.page.get_by_role("status").inner_text() == "You are signed out."
    her.open(urlsplit(link_url(CustomerLink.objects.get())).path)
    her.looks_at(f"own-used-{where}")
    assert [problem for problem in her.problems if "410" not in problem] == []
