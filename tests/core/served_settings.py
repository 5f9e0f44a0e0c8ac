"""The product's settings for processes that a test starts: its doors and a few slow ones."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.core.served"
