"""Asking the small doors of tests.core.doors."""

from core.access import Caller
from core.models import ApiKey
from core.services.api_key import create_api_key


def make(salon, name="till", **more):
    caller = Caller.command(salon.pk)
    return create_api_key(
        organization=salon, kind=ApiKey.Kind.SECRET, name=name, caller=caller, **more
    )


def ask(client, key=None, path="/api/me", **more):
    headers = {"X-API-Key": key[1]} if key else {}
    return client.get(path, headers=headers, **more)


def left(response):
    return int(response["X-RateLimit-Remaining"])
