import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bookings.management.demo_school import open_school
from bookings.services.catalog import add_service, add_staff_member
from core.access import Caller, Role
from core.db import in_one_transaction
from core.models import ApiKey, Membership, Organization, User
from core.services.api_key import create_api_key
from core.services.organization import create_organization

SLUG = "demo"
ADMINISTRATOR = "admin@demo.example"


class Command(BaseCommand):
    help = (
        "Make the demo organization: two services, a course with its teachers, products, weekly "
        "sessions and a student, members of staff, an administrator and two API keys, written to "
        "var/credentials. For development; it refuses a second time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_ALLOWED:
            raise CommandError("The demo's password lies in a file, so it is for development.")
        if Organization.objects.filter(slug=SLUG).exists():
            raise CommandError("The demo organization exists already.")
        credentials = settings.VAR_DIR / "credentials"
        lines = seed()
        write_privately(credentials, "\n".join(f"{name}={value}" for name, value in lines.items()))
        self.stdout.write(f"The demo organization is ready; its keys are in {credentials}.")


@in_one_transaction
def seed() -> dict[str, str]:
    """Make everything or nothing; return what somebody needs to get in."""
    organization = create_organization(
        slug=SLUG,
        name="Demo Consulting",
        timezone="Europe/Berlin",
        admin_email="desk@demo.example",
        contact_email="hello@demo.example",
    )
    caller = Caller.command(organization.pk)
    staff = [
        add_staff_member(organization=organization, name=name, caller=caller)
        for name in ("Anna Lindqvist", "Ben Okafor")
    ]
    add_service(
        organization=organization,
        name="Consultation",
        slug="consultation",
        description="A first talk about what you need. We confirm every request in person.",
        is_default=True,
        resources=staff,
        caller=caller,
    )
    add_service(
        organization=organization,
        name="Quick call",
        slug="quick-call",
        description="A short call, confirmed at once.",
        durations=[15, 30],
        slot_step_minutes=15,
        needs_approval=False,
        company_required=False,
        inquiry_required=False,
        resources=staff,
        caller=caller,
    )
    open_school(organization, caller=caller)
    password = secrets.token_urlsafe(12)
    user = User.objects.create_superuser(ADMINISTRATOR, password, name="Demo Administrator")
    Membership.objects.create(organization=organization, user=user, role=Role.OWNER)
    keys = {
        kind: create_api_key(
            organization=organization, kind=kind, name=f"demo {kind}", caller=caller
        )[1]
        for kind in ApiKey.Kind
    }
    return {
        "ORGANIZATION": SLUG,
        "ADMIN_EMAIL": ADMINISTRATOR,
        "ADMIN_PASSWORD": password,
        "SECRET_KEY": keys[ApiKey.Kind.SECRET],
        "PUBLISHABLE_KEY": keys[ApiKey.Kind.PUBLISHABLE],
    }


def write_privately(file: Path, text: str) -> None:
    """Write `text` where only the owner can read it, never for a moment otherwise."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(text + "\n")
