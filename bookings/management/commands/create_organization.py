from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookings.services.catalog import add_service, add_staff_member
from core.access import Caller
from core.db import in_one_transaction
from core.errors import DomainError
from core.models import Organization
from core.services.organization import create_organization


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


@in_one_transaction
def open_for_business(*, slug: str, name: str, timezone: str) -> Organization:
    """Make an organization, one member of staff and one service, all or nothing."""
    organization = create_organization(slug=slug, name=name, timezone=timezone)
    caller = Caller.command(organization.pk)
    member = add_staff_member(organization=organization, name=name, caller=caller)
    add_service(
        organization=organization,
        name="Appointment",
        slug="appointment",
        is_default=True,
        resources=[member],
        caller=caller,
    )
    return organization
