"""The embedded PostgreSQL and Redis of development, as URLs, and development's own secrets.

They stand below VAR_DIR and are used where production would name its own. Asking for a URL
starts the server, unless another process has; it stops when the last process that uses it ends
(embedded/servers.py). Only the tests' settings start nothing: the tests do, later.
"""

import functools
import hashlib
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.settings.env import TESTING
from embedded.account import EmbeddedError
from embedded.servers import Servers


@functools.cache
def servers(var: Path) -> Servers:
    """The servers whose data stand below `var`; nothing is started yet."""
    return Servers(var, durable=not TESTING)


def database_url(var: Path, *, production: bool) -> str:
    """The URL of the embedded PostgreSQL, running. Production has none and is refused."""
    if production:
        raise ImproperlyConfigured("DATABASE_URL is not set.")
    try:
        return servers(var).postgres.url if TESTING else servers(var).use_postgres()
    except EmbeddedError as error:
        raise ImproperlyConfigured(str(error)) from error


def redis_url(var: Path, *, production: bool) -> str:
    """The URL of the embedded Redis, running. Production has none and is refused."""
    if production:
        raise ImproperlyConfigured("REDIS_URL is not set.")
    try:
        return servers(var).redis.url if TESTING else servers(var).use_redis()
    except EmbeddedError as error:
        raise ImproperlyConfigured(str(error)) from error


def secret(name: str, var: Path, *, production: bool) -> str:
    """Development's own secret `name`: 64 hexadecimal digits, made once and kept, mode 600.

    What is encrypted today is readable after the next start. Production is refused.
    """
    if production:
        raise ImproperlyConfigured(f"{name} is not set.")
    if TESTING:
        return hashlib.sha256(name.encode()).hexdigest()
    file = var / "secrets" / name
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        # Written aside and linked into place: whole or absent, and the first of two writers wins.
        aside = file.with_name(f".{name}.{os.getpid()}")
        aside.touch(mode=0o600)
        aside.write_text(secrets.token_hex(32))
        try:
            os.link(aside, file)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return file.read_text().strip()
