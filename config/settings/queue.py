"""Celery: the broker, the safety net, and everything that runs on a clock."""

import ssl

from celery.schedules import crontab

from config.settings.base import REDIS_URL
from config.settings.env import env

# Redis on a socket has one spelling for Celery and another for everything else.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
if REDIS_URL.startswith("rediss://"):
    # Left to itself, Celery's client takes any certificate; what the URL says wins.
    CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # an hour without Redis is waited out
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_TIMEZONE = "UTC"
# Redis gives out again what stays unacknowledged this long, so no countdown may exceed it.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 0.25,
}

# Hour and minute in UTC at which what is kept no longer is let go; the console says so.
RETENTION_AT = (env("CHECKUP_HOUR"), 50)
# Every nudge may be lost; the clock finds the rows.
CELERY_BEAT_SCHEDULE = {
    "relay-outbox": {"task": "core.tasks.relay_outbox", "schedule": 5},
    "lapse-holds": {"task": "bookings.tasks.lapse_holds", "schedule": 10},
    "close-windows": {"task": "bookings.tasks.close_windows", "schedule": 60},
    "offer-what-is-free": {"task": "bookings.tasks.offer_what_is_free", "schedule": 60},
    "lapse-requests": {"task": "bookings.tasks.lapse_requests", "schedule": 15},
    "expire-bundles": {"task": "bookings.tasks.expire_bundles", "schedule": 300},
    "announce-expiring-bundles": {
        "task": "bookings.tasks.announce_expiring_bundles",
        "schedule": 3600,
    },
    "lay-out-sessions": {"task": "bookings.tasks.lay_out_sessions", "schedule": 3600},
    "forget-old-answers": {"task": "core.tasks.forget_old_answers", "schedule": 3600},
    "forget-old-sign-ins": {"task": "core.tasks.forget_old_sign_ins", "schedule": 3600},
    "seal-events": {"task": "core.tasks.seal_events", "schedule": 10},
    "seal-all-events": {
        "task": "core.tasks.seal_all_events",
        "schedule": crontab(hour=env("CHECKUP_HOUR"), minute=10),
    },
    "check-up": {
        "task": "core.tasks.check_up",
        "schedule": crontab(hour=env("CHECKUP_HOUR"), minute=30),
    },
    "apply-retention": {
        "task": "notifications.tasks.apply_retention",
        "schedule": crontab(hour=RETENTION_AT[0], minute=RETENTION_AT[1]),
    },
    "tell-due-reminders": {"task": "notifications.tasks.tell_due_reminders", "schedule": 20},
    "send-due-deliveries": {"task": "notifications.tasks.send_due_deliveries", "schedule": 5},
}

QUEUE_NUDGES = True
