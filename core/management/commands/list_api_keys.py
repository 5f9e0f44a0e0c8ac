from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from core.management.keys import organization_named
from core.models import ApiKey

TITLES = ("begins with", "kind", "state", "until", "used last", "name", "may")


class Command(BaseCommand):
    help = "List an organization's API keys, newest first. The keys themselves are kept nowhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="SLUG")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_named(options["organization"])
        now = timezone.now()
        keys = ApiKey.objects.for_organization(organization.pk)
        lines = [TITLES, *(_line(key, now) for key in keys)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


def _line(key: ApiKey, now: datetime) -> tuple[str, ...]:
    return (
        key.prefix,
        key.kind,
        key.state(now).lower(),
        _moment(key.expires_at),
        _moment(key.last_used_at),
        key.name,
        " ".join(key.scopes),
    )


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z" if at else "–"
