from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.access import CallerKind
from core.errors import DomainError
from core.management.keys import why
from core.management.people import take_email, user_with
from core.services.second_factor import reset_second_factor


class Command(BaseCommand):
    help = "Turn off the second factor of somebody who lost it, in whichever organizations."

    def add_arguments(self, parser: ArgumentParser) -> None:
        take_email(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            reset_second_factor(user_with(options["email"]), by=CallerKind.COMMAND)
        except DomainError as error:
            raise why(error) from error
        self.stdout.write("The second factor is off. They can set up another.")
