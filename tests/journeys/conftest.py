"""A day at the salon, and somebody in front of the console."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from core.access import Role
from tests.browser import Reader, reader_at
from tests.factories import MembershipFactory, UserFactory
from tests.journeys.console_day import TUESDAY, Day, open_the_salon


@pytest.fixture
def day(clock, settings, anna, ben, haircut, staff) -> Day:
    """It is Tuesday, 10:15."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    opened = open_the_salon(haircut, [anna, ben], staff)
    clock.move_to(TUESDAY + timedelta(minutes=75))
    return opened


@pytest.fixture
def clara(salon):
    user = UserFactory(email="clara@salon.example", name="Clara Vogt")
    user.set_password("correct horse battery")
    user.save()
    return MembershipFactory(organization=salon, user=user, role=Role.OWNER)


@pytest.fixture
def look(live_server, chromium, clara) -> Callable[..., Reader]:
    """Clara in front of a browser, signed in."""

    def look(**how) -> Reader:
        client = Client()
        client.force_login(clara.user)
        cookies = {"sessionid": client.cookies["sessionid"].value}
        return reader_at(chromium, live_server.url, cookies=cookies, **how)

    return look
