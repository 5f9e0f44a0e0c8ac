"""Slow doors and slow tasks of a real process, to see how it ends and what it writes."""

import os
import time

import structlog
from celery import shared_task
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from core.health import urls
from core.observability import lifecycle

# A test cannot wait for 24 seconds.
lifecycle.TASKS_MAY_TAKE_SECONDS = float(os.environ.get("TASKS_MAY_TAKE_SECONDS", "24"))
log = structlog.get_logger("a.task")


def slow(request: HttpRequest, milliseconds: int) -> HttpResponse:
    time.sleep(milliseconds / 1000)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("finished")


@shared_task
def slow_task(milliseconds: int) -> None:
    log.info("Task began")
    time.sleep(milliseconds / 1000)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    log.info("Task finished")


urlpatterns = [*urls.urlpatterns, path("slow/<int:milliseconds>", slow)]
