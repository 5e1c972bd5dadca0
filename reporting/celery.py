"""The Celery application and the two decorators by which every task is declared.

A message is only a doorbell: what there is to do stands in the database, and the worker looks
there by itself every few seconds. So a broker that is away costs a moment, never a task.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import Celery
from celery.app.task import Task
from celery.signals import celeryd_after_setup, worker_shutting_down
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reporting.settings")

GPU_QUEUE = "gpu"
LIGHT_QUEUE = "light"

app = Celery("concludo")
app.conf.update(
    broker_url=settings.REDIS_URL,
    # The web process must not wait for a broker that is away.
    broker_connection_timeout=1,
    broker_transport_options={
        "socket_connect_timeout": 0.5,
        "socket_timeout": 5,
        "visibility_timeout": 600,
    },
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    task_publish_retry=False,
    task_ignore_result=True,
    task_default_queue=LIGHT_QUEUE,
    task_routes={},
    task_create_missing_queues=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_pool="solo",
    worker_concurrency=1,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    enable_utc=True,
    timezone="UTC",
)
app.autodiscover_tasks(["reporting"])


def _task(queue: str, function: Callable[..., None]) -> "Task[..., None]":
    name = f"{function.__module__}.{function.__name__}"
    app.conf.task_routes[name] = {"queue": queue}
    options: dict[str, Any] = {
        "name": name,
        "acks_late": True,
        "reject_on_worker_lost": True,
        "ignore_result": True,
    }
    task: Task[..., None] = app.task(**options)(function)
    return task


# For work on the model: one at a time in the process that has it loaded.
gpu_task = partial(_task, GPU_QUEUE)
# For short work that any worker may do.
light_task = partial(_task, LIGHT_QUEUE)


@celeryd_after_setup.connect
def worker_prepare(instance: Any, **kwargs: Any) -> None:
    """Load the engine and start to look into the queue, before any broker is needed."""
    if GPU_QUEUE not in instance.app.amqp.queues.consume_from:
        return
    from reporting.services import fill_worker

    fill_worker.start(name=str(instance.hostname))


@worker_shutting_down.connect
def worker_release(**kwargs: Any) -> None:
    """Stop looking into the queue; a fill under way is given back when its lease ends."""
    from reporting.services import fill_worker

    fill_worker.stop()
