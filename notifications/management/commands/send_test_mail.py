"""`manage.py send_test_mail --to you@example.com`: does mail leave, and how does it look?"""

from argparse import ArgumentParser
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from core.models import Organization
from notifications.models import Delivery
from notifications.services.inviting import one_invitation
from notifications.services.messages import MESSAGES
from notifications.services.rendering import preview
from notifications.services.samples import sample_booking
from notifications.transports import TRANSPORTS, Mail, TransportError


class Command(BaseCommand):
    help = "Send one message about a made-up booking, by the way that all mail takes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", required=True, help="the address that shall get it")
        parser.add_argument("--message", default="booking_confirmed", choices=sorted(MESSAGES))
        parser.add_argument("--organization", help="the slug whose name and color it bears")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            validate_email(options["to"])
        except ValidationError as error:
            raise CommandError("--to is no e-mail address.") from error
        booking = sample_booking(self._organization(options["organization"]))
        mail = Mail(
            key=str(uuid4()),
            to=options["to"],
            from_name=booking.organization.name,
            reply_to=booking.organization.contact_email,
            invitation=one_invitation(MESSAGES[options["message"]], booking, address=options["to"]),
            **preview(options["message"], booking),
        )
        try:
            with TRANSPORTS[Delivery.Channel.EMAIL].line() as line:
                line.hand_over(mail)
        except TransportError as error:
            raise CommandError(f"Not sent, by {_way()}: {error}") from error
        self.stdout.write(f"Sent by {_way()}, from {settings.DEFAULT_FROM_EMAIL}.")

    def _organization(self, slug: str | None) -> Organization | None:
        organizations = Organization.objects.order_by("created_at")
        if slug is None:
            return organizations.first()
        found = organizations.filter(slug=slug).first()
        if found is None:
            raise CommandError(f"There is no organization {slug}.")
        return found


def _way() -> str:
    if settings.EMAIL_PROVIDER == "smtp":
        return f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    return str(settings.EMAIL_PROVIDER)
