"""The seam between service and workers: names, queues and the message. No task is imported here, so no torch is.

A message carries a job's id and nothing else. It may be lost, doubled or reordered: the row decides.
"""

import base64
import binascii
import json
from typing import Any

import redis
import structlog
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from overread.domain.words import Queue

TASK = "overread.run_job"
WORKER = "overread-worker:"  # how a worker's connection to the broker is called; its queues follow
QUEUES: dict[str, Queue] = {
    "import": "cpu",
    "preview": "cpu",
    "pretrain": "gpu",
    "train": "gpu",
    "evaluate": "gpu",
    "label": "gpu",
    "audit": "cpu",
}
ATTEMPTS = 3  # a job whose process died this often without progress is poison: it fails, and a person looks at it

log = structlog.get_logger()


def celery_app(redis_url: str) -> Celery:
    """The Celery application, for senders and workers alike: early acks, JSON only, no results, no prefetch."""
    app = Celery("overread", broker=_broker(redis_url))
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=False,
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # after a hundred tries a worker would give up while its row still waits
        broker_transport_options={
            "visibility_timeout": 300,
            "health_check_interval": 25,
            "socket_keepalive": True,
            "socket_timeout": 30,
            "socket_connect_timeout": 2,
        },
    )
    return app


def served_queues(redis_url: str) -> set[str] | None:
    """The queues that running workers take jobs from, by the names of their connections; None when the broker does not
    answer. A worker that is killed takes its connection along."""
    try:
        with redis.Redis.from_url(redis_url, socket_connect_timeout=2, socket_timeout=2) as client:
            names = [str(each["name"]) for each in client.client_list()]
    except redis.RedisError:
        return None
    return {queue for name in names if name.startswith(WORKER) for queue in name.removeprefix(WORKER).split(",")}


def _broker(redis_url: str) -> str:
    """Celery's spelling of a redis URL; a unix socket is ``redis+socket://`` to it."""
    return redis_url.replace("unix://", "redis+socket://", 1)


class Sender:
    """Sends job ids. A broker that is away loses nothing: the row waits, and the reaper sends again."""

    def __init__(self, redis_url: str) -> None:
        self._app = celery_app(redis_url)
        # Somebody waits for the answer to a launch: a broker that hangs may hold it for a moment, no longer.
        self._app.conf.broker_transport_options["socket_timeout"] = 3

    def __call__(self, job_id: int, queue: str) -> None:
        try:
            self._app.send_task(TASK, args=[job_id], queue=queue, retry=False)
        except OperationalError as error:
            log.warning("broker away; the job waits in its row", job=job_id, error=str(error))

    def in_broker(self) -> set[int] | None:
        """Jobs whose message lies in a queue, or has been taken out and not yet begun; None when the broker is away."""
        try:
            with self._app.connection_for_read() as connection:
                channel = connection.channel()
                client = channel.client
                lying = [raw for queue in sorted(set(QUEUES.values())) for raw in client.lrange(queue, 0, -1)]
                taken = client.hvals(channel.unacked_key)
        except (OperationalError, RedisError, OSError) as error:
            log.warning("broker away; what waits is sent again when it is back", error=str(error))
            return None
        found = [_job_of(raw) for raw in lying] + [_job_of(raw, taken=True) for raw in taken]
        return {job_id for job_id in found if job_id is not None}


def _job_of(raw: bytes, taken: bool = False) -> int | None:
    """The job that a message speaks of, as kombu stores it (taken: [message, exchange, queue]); None for any other."""
    try:
        message: Any = json.loads(raw)[0] if taken else json.loads(raw)
        job_id = json.loads(base64.b64decode(message["body"]))[0][0]
    except (ValueError, LookupError, TypeError, binascii.Error, RecursionError):
        return None
    return job_id if type(job_id) is int else None
