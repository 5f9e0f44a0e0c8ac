"""An owner limits somebody to their own resources, in a real browser."""

import pytest

from core.access import Role
from core.models import Membership
from tests.browser import reader_at
from tests.core.people import PASSWORD, somebody

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_an_owner_limits_somebody_to_their_own_resources(
    live_server, chromium, salon, anna, ben, phone, dark
):
    somebody(salon, "nora@salon.example", "Nora Nowak")
    clara = somebody(salon, "clara@salon.example", "Clara Vogt", role=Role.STAFF)
    member = Membership.objects.get(user=clara)
    reader = reader_at(chromium, live_server.url, phone=phone, dark=dark)
    reader.open(f"/admin/login/?next=/admin/core/membership/{member.pk}/change/")
    reader.page.get_by_label("E-mail").fill("nora@salon.example")
    reader.page.get_by_label("Password").fill(PASSWORD)
    reader.page.keyboard.press("Enter")

    reader.page.get_by_label("Only what belongs to their own resources").check()
    assert reader.violations() == []
    reader.looks_at(f"console-member-limit-{'phone-dark' if phone else 'desktop-light'}")
    reader.page.get_by_role("button", name="Change what they may do").click()
    reader.page.get_by_text("Choose at least one resource.").wait_for()
    reader.page.get_by_label("Ben").check()
    reader.page.get_by_role("button", name="Change what they may do").click()

    reader.page.get_by_text("What they may do is changed.").wait_for()
    assert reader.page.get_by_text("Staff, limited").is_visible()
    reader.looks_at(f"console-people-limit-{'phone-dark' if phone else 'desktop-light'}")
    member.refresh_from_db()
    assert member.own_resource_ids == [ben.pk]
    assert reader.problems == []
