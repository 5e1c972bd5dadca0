"""The doors between Celery and the services."""

from reporting.celery import gpu_task


@gpu_task
def fill_run_task() -> None:
    """Fill whatever waits in the database."""
    from reporting.services import fills

    fills.fill_run()
