import json
from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from core.invariants import Check, Finding, invariants
from core.models import Organization
from core.services.checkup import find, mend

SECONDS = 600.0  # for one check: whoever waits for this command can wait


class Command(BaseCommand):
    help = (
        "The doctor: look whether everything that is promised is so of every row (nothing booked "
        "twice, counters, ledgers, what is late). Prints a line for each row of which it is not, "
        "and then ends with 1. Reads only, unless it is told to --repair."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="whose rows; else everybody's")
        parser.add_argument(
            "--check",
            action="append",
            dest="checks",
            choices=list(invariants.known),
            metavar="NAME",
            help="this one alone; may be given more than once. "
            f"There are: {', '.join(invariants.known)}",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object instead")
        parser.add_argument(
            "--repair",
            action="store_true",
            help="mend what can be worked out again without a doubt: counters of places, balances "
            "whose ledger adds up, time kept by what has ended. Each is recorded as an event",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        organization = _organization(options["organization"])
        names = options["checks"] or list(invariants.known)
        checks = [invariants.known[name] for name in names]
        found = list(find(checks, organization=organization, seconds=SECONDS))
        repaired: list[Finding] = []
        if options["repair"] and found:
            repaired = mend(found)
            found = list(find(checks, organization=organization, seconds=SECONDS))
        if options["json"]:
            self._print_json(checks, found, repaired)
        else:
            self._print_lines(found, repaired)
        if found:
            raise CommandError(f"{len(checks)} checks, {_count(found)}.")
        if not options["json"]:
            self.stdout.write(f"{len(checks)} checks, everything is in order.")

    def _print_json(
        self, checks: list[Check], found: list[Finding], repaired: list[Finding]
    ) -> None:
        told = {
            "checks": [check.name for check in checks],
            "findings": [asdict(one) for one in found],
            "repaired": [asdict(one) for one in repaired],
        }
        self.stdout.write(json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False))

    def _print_lines(self, found: list[Finding], repaired: list[Finding]) -> None:
        slugs = _slugs_of([*found, *repaired])
        for word, findings in (("repaired: ", repaired), ("", found)):
            for one in findings:
                where = f" {one.subject} {one.id} ({slugs[one.organization_id]})" if one.id else ""
                self.stdout.write(f"{word}{one.check}:{where} {one.says}")


def _organization(slug: str | None) -> Organization | None:
    if slug is None:
        return None
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        raise CommandError(f"There is no organization {slug}.")
    return organization


def _slugs_of(findings: Iterable[Finding]) -> dict[Any, str]:
    ids = {one.organization_id for one in findings if one.organization_id is not None}
    return dict(Organization.objects.filter(pk__in=ids).values_list("pk", "slug"))


def _count(found: list[Finding]) -> str:
    return "1 finding" if len(found) == 1 else f"{len(found)} findings"
