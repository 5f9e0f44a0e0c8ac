from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.access import CallerKind
from core.management.people import take_email, user_with
from core.services.sessions import end_other_sessions


class Command(BaseCommand):
    help = "Sign somebody out everywhere, in whichever organizations they work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        take_email(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        ended = end_other_sessions(user_with(options["email"]), by=CallerKind.COMMAND)
        self.stdout.write(f"Places where they were signed out: {ended}")
