"""Health and metrics. `urlpatterns` stands at the root, `api_urlpatterns` below the API's path."""

from django.urls import re_path

from core.health import views
from core.observability.views import metrics

urlpatterns = [
    re_path(r"^health/lb/?$", views.load_balancer, name="health-load-balancer"),
    re_path(r"^health/?$", views.health, name="health"),
    re_path(r"^metrics/?$", metrics, name="metrics"),
]
api_urlpatterns = [
    re_path(r"^health/?$", views.health, name="api-health"),
    re_path(r"^health/db/?$", views.database, name="api-health-database"),
    re_path(r"^health/detailed/?$", views.detailed, name="api-health-detailed"),
]
