from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.models import Organization


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page: where the booking page is, the console, the documents and, in development,
    the mails.
    """
    context = {"is_development": settings.DEMO_ALLOWED, "organization": _the_one_with_a_page()}
    return render(request, "home/index.html", context)


def _the_one_with_a_page() -> Organization | None:
    """Return the only organization that is on the web. Of several, none: they are strangers."""
    with_page = Organization.objects.filter(is_active=True, has_page=True)
    try:
        found = list(with_page[:2])
    except (DatabaseError, InterfaceError):  # the page leads to more than the database
        return None
    return found[0] if len(found) == 1 else None
