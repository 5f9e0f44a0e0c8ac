"""One settings package for every environment; only environment variables differ."""

import config.settings.required  # noqa: F401  (first: refuses before anything is started)
from config.settings.api import *  # noqa: F403
from config.settings.base import *  # noqa: F403
from config.settings.cache import *  # noqa: F403
from config.settings.console import *  # noqa: F403
from config.settings.database import *  # noqa: F403
from config.settings.mail import *  # noqa: F403
from config.settings.middleware import *  # noqa: F403
from config.settings.observability import *  # noqa: F403
from config.settings.queue import *  # noqa: F403
from config.settings.security import *  # noqa: F403
from config.settings.static import *  # noqa: F403
