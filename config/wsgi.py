"""The web process' application. `python -m config.web` serves it; any WSGI server can."""

import multiprocessing
import os
from multiprocessing import util

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from core.health import draining  # noqa: E402  (Django is ready now)
from core.observability.start import serve_as  # noqa: E402

serve_as("web")
if multiprocessing.parent_process() is not None:
    # A server's worker process: its own requests are done when it comes to this.
    util.Finalize(None, draining.finish, exitpriority=10)
