"""How Holdfast talks to PostgreSQL: timeouts, persistent connections, poolers, TLS."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config.settings.env import env

DATABASE_STATEMENT_TIMEOUT_SECONDS = 10
DATABASE_LOCK_TIMEOUT_SECONDS = 3
DATABASE_CONNECT_TIMEOUT_SECONDS = 5
# A process keeps its connection: opening one costs four times what a booking does. It is
# renewed now and then, so that what the server's side has gathered is given back.
DATABASE_CONNECTION_AGE_SECONDS = 600
DATABASE_POOLER = env("DATABASE_POOLER").lower()
if DATABASE_POOLER not in ("", "transaction"):
    raise ImproperlyConfigured("DATABASE_POOLER is empty or `transaction`.")

# Each process of the web and of the worker has one thread and so one connection; one more is
# the clock's.
_needed = env("WEB_PROCESSES") + env("WORKER_PROCESSES") + 1
if _needed > env("DATABASE_POOL_SIZE"):
    raise ImproperlyConfigured(
        f"WEB_PROCESSES and WORKER_PROCESSES need {_needed} database connections, "
        f"DATABASE_POOL_SIZE allows {env('DATABASE_POOL_SIZE')}."
    )


def connection_settings(url: str) -> dict[str, Any]:
    """Return Django's settings for the database at `url`. What the URL itself says wins.

    `?sslmode=require` (or `verify-full&sslrootcert=…`) is how a managed PostgreSQL is asked
    for TLS. Behind a pooler in transaction mode no option may be sent when connecting and
    none set on the session: there the role has to carry the timeouts,
    `ALTER ROLE holdfast SET statement_timeout = '10s'` and `… SET lock_timeout = '3s'`,
    which cost no round trip; a process that finds them missing says so in the log.
    """
    found: dict[str, Any] = env.db_url_config(url)
    options: dict[str, Any] = {
        "connect_timeout": DATABASE_CONNECT_TIMEOUT_SECONDS,
        # A server that vanished without a word is noticed within 20 s, not after two hours.
        "keepalives": 1,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": 15_000,
    }
    if not DATABASE_POOLER:
        options["options"] = (
            f"-c statement_timeout={DATABASE_STATEMENT_TIMEOUT_SECONDS}s"
            f" -c lock_timeout={DATABASE_LOCK_TIMEOUT_SECONDS}s"
            # A transaction whose process is stuck must not keep its locks for ever.
            " -c idle_in_transaction_session_timeout=60s"
        )
        # The hottest statements (core.db) are planned once and remembered by the session.
        options["prepare_threshold"] = 1
    found["OPTIONS"] = {**options, **found.get("OPTIONS", {})}
    found.setdefault("CONN_MAX_AGE", DATABASE_CONNECTION_AGE_SECONDS)
    found.setdefault("CONN_HEALTH_CHECKS", True)
    # A cursor on the server's side lives in one session, which a pooler does not promise.
    found["DISABLE_SERVER_SIDE_CURSORS"] = bool(DATABASE_POOLER)
    return found
