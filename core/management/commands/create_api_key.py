from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.access import Caller
from core.errors import DomainError
from core.management.keys import organization_named, why
from core.models import ApiKey
from core.services.api_key import create_api_key

LONGEST_DAYS = 36_500


class Command(BaseCommand):
    help = "Make an API key and print it, alone, on standard output. It is never shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument("--kind", required=True, choices=ApiKey.Kind.values)
        parser.add_argument("--name", required=True, help="what it is for, e.g. website")
        parser.add_argument(
            "--scope",
            action="append",
            dest="scopes",
            help="may be given more than once; without it: all that this kind of key may have",
        )
        parser.add_argument(
            "--origin",
            action="append",
            dest="origins",
            default=[],
            help="a website that a publishable key is good on; may be given more than once",
        )
        parser.add_argument(
            "--requests-per-minute", type=int, help="without it: the installation's limit"
        )
        parser.add_argument(
            "--days", type=int, help="for how long it is good; without it: until it is revoked"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_named(options["organization"])
        days = options["days"]
        if days is not None and not 1 <= days <= LONGEST_DAYS:
            raise CommandError(f"Give 1 to {LONGEST_DAYS} days.")
        try:
            _, text = create_api_key(
                organization=organization,
                kind=ApiKey.Kind(options["kind"]),
                name=options["name"],
                scopes=options["scopes"],
                origins=options["origins"],
                requests_per_minute=options["requests_per_minute"],
                expires_at=None if days is None else timezone.now() + timedelta(days=days),
                caller=Caller.command(organization.pk),
            )
        except DomainError as error:
            raise why(error) from error
        self.stdout.write(text)
