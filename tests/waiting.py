"""Waiting in tests for what has to come: for ever is no wait, it would hang the whole run."""

import random
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Found = TypeVar("Found")
# Below what the system gives to connections (from 32768 on Linux): a browser's own connection could take the port of a
# service that a test had stopped, which then never came back.
PORTS = range(15_000, 32_000)


def until(asked: Callable[[], Found], seconds: float = 300, pause: float = 0.05) -> Found:
    """The first answer that is true. Raises AssertionError where none comes within ``seconds``: five minutes, for jobs
    load the learning engine on cores that other tests keep busy."""
    deadline = time.monotonic() + seconds
    while not (answer := asked()):
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(pause)
    return answer


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, and that no connection is given."""
    for port in random.sample(PORTS, 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")
