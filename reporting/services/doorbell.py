"""Ring the worker's doorbell without waiting for whoever carries the sound.

A broker that is away takes seconds to say so; no reader's request waits for that. One ring
stands for all that waits, so rings that are still to be sent are not added up.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

_RINGER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="doorbell")
_TO_RING = threading.Lock()


def ring() -> None:
    """Let a worker know that a fill waits; return at once."""
    if _TO_RING.acquire(blocking=False):
        _RINGER.submit(_publish)


def _publish() -> None:
    from reporting.tasks import fill_run_task

    # Released first: what is requested from here on may come too late for this ring.
    _TO_RING.release()
    try:
        fill_run_task.delay()
    except (OperationalError, OSError) as error:
        logger.warning("The broker does not answer; the worker will find the fill: %s", error)
    except Exception:
        logger.exception("The doorbell is broken; the worker will find the fill")
