"""Which site is `django.contrib.admin.site`."""

from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    default_site = "core.admin.site.Console"
