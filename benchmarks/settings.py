"""The product's settings, and beside it the floor: plain tables and plain views."""

from config.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks"]  # noqa: F405
ROOT_URLCONF = "benchmarks.urls"
RATE_LIMIT_MAX_REQUESTS = 1_000_000_000  # counted as always, and never reached
