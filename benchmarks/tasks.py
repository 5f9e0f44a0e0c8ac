from celery import shared_task


@shared_task(name="benchmarks.empty")
def empty() -> None:
    """Do nothing: what Celery itself costs."""
