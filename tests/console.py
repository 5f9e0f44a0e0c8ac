"""Somebody who works in the console, as the tests need them."""

from __future__ import annotations

from typing import Any

from django.contrib.messages import get_messages
from django.test import Client

from core.access import Role
from core.models import Organization, User
from tests.factories import MembershipFactory, UserFactory


class Desk(Client):
    """A browser without a screen in which `user` is signed in."""

    user: User

    def send(self, path: str, **fields: Any) -> Any:
        """Post a form; say no more about where it leads."""
        return self.post(path, fields)


def desk_for(organization: Organization | None, role: Role = Role.STAFF, **user: Any) -> Desk:
    """Return somebody with `role` in `organization`, signed in; with none, in no organization."""
    desk = Desk()
    if organization is None:
        desk.user = UserFactory(**user)
    else:
        desk.user = MembershipFactory(organization=organization, role=role).user
    desk.force_login(desk.user)
    return desk


def said(response: Any) -> list[str]:
    """Return the messages that a request left for the person."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def shown(response: Any) -> str:
    """Return a page's text with its spaces tidied, to look for sentences in."""
    return " ".join(response.content.decode().split())
