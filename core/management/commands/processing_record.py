import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone, translation

from core.languages import first_spoken
from core.management.keys import organization_named
from core.processing import processing_record


class Command(BaseCommand):
    help = (
        "Print an organization's record of processing activities (GDPR, Art. 30): what is kept "
        "of whom, why and for how long, who else gets it, and what protects it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_named(options["organization"])
        with translation.override(first_spoken(organization.locale)):
            record = processing_record(organization, now=timezone.now())
        if options["json"]:
            text = json.dumps(record, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
            self.stdout.write(text)
        else:
            self.stdout.write("\n".join(_lines(record)))


def _lines(record: dict[str, Any]) -> list[str]:
    whose = record["organization"]
    lines = [f"{whose['name']} {whose['contact']}".rstrip(), f"{record['asOf']:%Y-%m-%d %H:%M}Z"]
    for one in record["activities"]:
        lines += ["", one["purpose"], f"  {one['people']}. {one['ground']}"]
        lines += [f"  - {data['name']} ({data['table']})" for data in one["data"]]
        lines += [f"  > {one['kept']}", *(f"  > {told}" for told in one["recipients"])]
    return [*lines, "", *(f"* {measure}" for measure in record["measures"])]
