"""/metrics, for Prometheus."""

from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST

from core.health.access import has_metrics_token, refusal_of_stranger
from core.health.views import read_only
from core.observability.scrape import metrics_page


@read_only
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer every metric to METRICS_TOKEN as Bearer, or to a key with system:status."""
    if not has_metrics_token(request) and (refusal := refusal_of_stranger(request)):
        return refusal
    return HttpResponse(metrics_page(), CONTENT_TYPE_LATEST)
