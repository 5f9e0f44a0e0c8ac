"""Which site is `django.contrib.admin.site`."""

from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    default_site = "core.admin.site.Console"

    def ready(self) -> None:
        # The site is made when somebody first asks for it. Were that autodiscover, importing
        # the site would import core's pages, which register, which makes a second site.
        import core.admin  # noqa: F401  (not before the models are there)

        super().ready()
