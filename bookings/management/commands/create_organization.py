from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookings.services.opening import open_for_business
from core.errors import DomainError


class Command(BaseCommand):
    help = "Make an organization with a service that can be booked at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--slug", required=True, help="its name in addresses")
        parser.add_argument("--name", required=True)
        parser.add_argument("--timezone", required=True, help="IANA, e.g. Europe/Berlin")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            organization = open_for_business(
                slug=options["slug"], name=options["name"], timezone=options["timezone"]
            )
        except DomainError as error:
            fields = error.details.get("fields", {})
            sentences = [
                f"{name}: {' '.join(said)}"
                for name, said in fields.items()  # type: ignore[attr-defined]
            ]
            raise CommandError(" ".join(sentences) or str(error)) from error
        self.stdout.write(f"{organization.name} ({organization.slug}) can be booked.")
