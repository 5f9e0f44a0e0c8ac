"""What a service is called by in addresses and by programs: its slug, and a course's code."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from secrets import token_hex

from django.utils.text import slugify

from bookings.errors import CodeTaken, CourseInUse, SlugTaken
from bookings.models import Service
from core.db import violation_of


def slug_of(name: str) -> str:
    """Return a slug; a random one for a name without a letter that addresses are made of."""
    return slugify(name)[:80] or f"service-{token_hex(4)}"


def stays_a_course(service: Service) -> bool:
    """Tell whether there is something of this service that only a course has. Up to 3 queries."""
    sold, weekly, single = service.products, service.session_templates, service.group_sessions
    return any(rows.exists() for rows in (sold, weekly, single))


def check_words(service: Service, changed: Collection[str]) -> None:
    """Raise SlugTaken or CodeTaken for another's, of those in `changed`; CourseInUse where a
    course that sells something would no longer be one.
    """
    others = Service.objects.filter(organization=service.organization_id).exclude(pk=service.pk)
    if "slug" in changed and others.filter(slug=service.slug).exists():
        raise SlugTaken(fields={"slug": [SlugTaken.message]})
    if "code" not in changed:
        return
    if service.code and others.filter(code=service.code).exists():
        raise CodeTaken(fields={"code": [CodeTaken.message]})
    if not service.code and stays_a_course(service):
        raise CourseInUse(fields={"code": [CourseInUse.message]})


@contextmanager
def words_are_free() -> Iterator[None]:
    """Say the same when a rival was faster."""
    with (
        violation_of("service_slug_is_unique", becomes=SlugTaken),
        violation_of("service_code_is_unique", becomes=CodeTaken),
    ):
        yield
