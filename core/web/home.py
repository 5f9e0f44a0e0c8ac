from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page: where the console, the documents and, in development, the mails are."""
    return render(request, "home/index.html", {"is_development": settings.DEMO_ALLOWED})
