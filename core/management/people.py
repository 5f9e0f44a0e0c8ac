"""What the commands about people share."""

from argparse import ArgumentParser

from django.core.management.base import CommandError

from core.models import User


def take_email(parser: ArgumentParser) -> None:
    parser.add_argument("--email", required=True, help="of the account")


def user_with(email: str) -> User:
    """Return who signs in with this address. Raises CommandError."""
    user: User | None = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        raise CommandError("Nobody signs in with this address.")
    return user
