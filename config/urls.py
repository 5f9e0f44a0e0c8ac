"""Every door that speaks HTTP."""

from django.contrib import admin
from django.urls import include, path, re_path

urlpatterns = [
    # /api/… and /api/v1/… are one and the same, so this is one pattern.
    re_path(r"^api/(?:v1/)?", include("config.api_urls")),
    path("admin/", admin.site.urls),
]
