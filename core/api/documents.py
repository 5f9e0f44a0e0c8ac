"""The OpenAPI document, and Swagger UI to read it: public, and nothing is loaded from elsewhere."""

from functools import cache

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator


@csrf_exempt
@require_safe
def document(request: HttpRequest) -> HttpResponse:
    """Answer OpenAPI 3.1 as JSON."""
    return HttpResponse(document_as_json(), "application/json")


@csrf_exempt
@require_safe
def document_page(request: HttpRequest) -> HttpResponse:
    """Show Swagger UI, which reads the document from beside this page."""
    return render(request, "docs/ui.html")


@cache
def document_as_json() -> bytes:
    """Return the document, made once per process, because making it takes a second."""
    return orjson.dumps(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]
