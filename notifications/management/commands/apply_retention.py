from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.models import Organization
from notifications.services.retention import apply_retention, what_would_go


class Command(BaseCommand):
    help = (
        "Erase customers who have not been here for as long as their organization keeps people, "
        "and empty messages that are older than it keeps those. The clock does the same every "
        "night."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="whose; else everybody's")
        parser.add_argument(
            "--dry-run", action="store_true", help="only count what would go, and change nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Organization.objects.order_by("slug")
        if slug := options["organization"]:
            rows = rows.filter(slug=slug)
            if not rows.exists():
                raise CommandError(f"There is no organization {slug}.")
        is_dry = options["dry_run"]
        verb = "would go" if is_dry else "gone"
        for organization in rows:
            if is_dry:
                found = what_would_go(organization, now=timezone.now())
            else:
                found = apply_retention(organization)
            self.stdout.write(
                f"{organization.slug}: {found.customers} customers and "
                f"{found.messages} messages {verb}."
            )
