from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.access import Caller
from core.errors import DomainError
from core.management.keys import key_beginning, organization_named, why
from core.services.api_key import USUAL_OVERLAP_HOURS, rotate_api_key


class Command(BaseCommand):
    help = "Replace an API key and print the new one, alone. The old one stays good for a while."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument(
            "--key", required=True, metavar="PREFIX", help="how it begins, e.g. sk_0a1b2c3d"
        )
        parser.add_argument(
            "--overlap-hours",
            type=int,
            default=USUAL_OVERLAP_HOURS,
            help="for how long the old one stays good (%(default)s); 0: it is refused at once",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_named(options["organization"])
        try:
            _, text = rotate_api_key(
                key=key_beginning(options["key"], organization),
                overlap_hours=options["overlap_hours"],
                caller=Caller.command(organization.pk),
            )
        except DomainError as error:
            raise why(error) from error
        self.stdout.write(text)
