"""Before the others: the tables, and on the first start a demo organization."""

import os

import django
from django.conf import settings
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def main() -> None:
    django.setup()
    from core.models import Organization

    call_command("migrate", interactive=False)
    if settings.DEMO_ALLOWED and not Organization.objects.exists():
        call_command("seed_demo")


if __name__ == "__main__":
    main()
