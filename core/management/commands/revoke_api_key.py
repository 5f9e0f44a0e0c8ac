from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.access import Caller
from core.management.keys import key_beginning, organization_named
from core.services.api_key import revoke_api_key


class Command(BaseCommand):
    help = "Refuse an API key from now on, for good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument(
            "--key", required=True, metavar="PREFIX", help="how it begins, e.g. sk_0a1b2c3d"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_named(options["organization"])
        key = key_beginning(options["key"], organization)
        revoke_api_key(key=key, caller=Caller.command(organization.pk))
        self.stdout.write(f"{key} is revoked.")
