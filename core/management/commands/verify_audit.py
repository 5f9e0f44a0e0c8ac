from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.audit.chain import head_of, read_head
from core.audit.verifying import SAYS, Chain, Problem
from core.models import Organization


class Command(BaseCommand):
    help = (
        "Work out every seal of the audit trail again. Prints a line for each event that was "
        "altered, removed, moved, inserted or never sealed, and then ends with 1. Prints where "
        "each chain ends: kept elsewhere and given again with --head, it shows whether the end "
        "of a chain was cut off or written anew. Reads only."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="whose trail; else everybody's")
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            dest="heads",
            metavar="SLUG:NUMBER:DIGEST",
            help="where a chain once ended, as this command or the log said it; may be given "
            "more than once",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        organizations = _organizations(options["organization"])
        heads = _heads(options["heads"], {one.slug for one in organizations})
        wrong = 0
        for organization in organizations:
            chain = Chain(organization.pk, heads=heads[organization.slug])
            for problem in chain.verify(now=timezone.now()):
                wrong += 1
                self.stdout.write(_line(organization.slug, problem))
            head = f"{organization.slug}:{head_of(chain.number, chain.digest)}"
            self.stdout.write(f"{organization.slug}: {chain.number} events sealed, head {head}")
        if wrong:
            raise CommandError(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong.")
        self.stdout.write("Every event is as it was sealed.")


def _line(slug: str, problem: Problem) -> str:
    place = "" if problem.number is None else f" number {problem.number}"
    if problem.last is not None and problem.last != problem.number:
        place = f" numbers {problem.number} to {problem.last}"
    event = f" event {problem.event_id}" if problem.event_id else ""
    return f"{slug}: {problem.kind}:{place}{event}. {SAYS[problem.kind]}"


def _organizations(slug: str | None) -> list[Organization]:
    every = Organization.objects.order_by("slug")
    found = list(every if slug is None else every.filter(slug=slug))
    if slug is not None and not found:
        raise CommandError(f"There is no organization {slug}.")
    return found


def _heads(texts: Iterable[str], slugs: set[str]) -> defaultdict[str, dict[int, bytes]]:
    heads: defaultdict[str, dict[int, bytes]] = defaultdict(dict)
    for text in texts:
        slug, _, rest = text.partition(":")
        try:
            number, digest = read_head(rest)
        except ValueError as error:
            raise CommandError(f"{text} is not SLUG:NUMBER:DIGEST.") from error
        if slug not in slugs:
            raise CommandError(f"{text}: there is no organization {slug} here.")
        heads[slug][number] = digest
    return heads
