from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.access import CallerKind
from core.management.people import user_with
from core.services.guarding import index_of_network, unlock
from core.services.member_sign_in import unlock_account


class Command(BaseCommand):
    help = "Let somebody in again after too many wrong passwords, or everybody of a network."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--email", help="of the account")
        which.add_argument("--network", help="an IPv4 address, or the /64 of an IPv6 one")

    def handle(self, *args: Any, **options: Any) -> None:
        email, network = options["email"], options["network"]
        if email:
            had_failures = unlock_account(user_with(email), by=CallerKind.COMMAND)
        else:
            had_failures = unlock(index=index_of_network(network))
        self.stdout.write("Unlocked." if had_failures else "There was nothing to unlock.")
