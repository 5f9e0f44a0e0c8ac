from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.access import Caller
from core.errors import DomainError
from core.models import ApiKey, Organization
from core.services.api_key import create_api_key


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

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organization {options['organization']}.")
        try:
            _, text = create_api_key(
                organization=organization,
                kind=ApiKey.Kind(options["kind"]),
                name=options["name"],
                scopes=options["scopes"],
                caller=Caller.command(organization.pk),
            )
        except DomainError as error:
            fields = error.details.get("fields", {})
            sentences = [" ".join(said) for said in fields.values()]  # type: ignore[attr-defined]
            raise CommandError(" ".join(sentences) or str(error)) from error
        self.stdout.write(text)
