"""One settings package for every environment; only environment variables differ."""

from config.settings.base import *  # noqa: F403
from config.settings.api import *  # noqa: F403, I001
from config.settings.queue import *  # noqa: F403
from config.settings.mail import *  # noqa: F403
from config.settings.security import *  # noqa: F403
from config.settings.observability import *  # noqa: F403
