"""Read ahead, compute, finish: three stages at once, a few batches in flight, results in the order of the items."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import torch

Item = TypeVar("Item")
Read = TypeVar("Read")
Made = TypeVar("Made")
Done = TypeVar("Done")

BATCH = 16
AHEAD = 4  # batches in flight, the one whose results are handed out included: all that is ever in memory
MOST_THREADS = 16


def pipelined(
    items: Iterable[Item],
    read: Callable[[Item], Read],
    compute: Callable[[list[Read]], list[Made]],
    finish: Callable[[Item, Made], Done],
    batch: int = BATCH,
) -> Iterator[Done]:
    """``finish`` of every item, in order, while the next ones are read and computed.

    ``read`` and ``finish`` run in threads (decoding, resizing and counting leave the interpreter free); ``compute``
    takes a batch and gives one result an item. Whatever one of them raises is raised here.
    """
    threads = min(os.cpu_count() or 1, MOST_THREADS)
    # On a GPU a second thread launches the next batch while the first waits for its maps, so the device never idles.
    around, device = ThreadPoolExecutor(threads), ThreadPoolExecutor(2 if torch.cuda.is_available() else 1)

    def work(own: list[Item], reading: list[Future[Read]]) -> list[Future[Done]]:
        made = compute([one.result() for one in reading])
        return [around.submit(finish, item, one) for item, one in zip(own, made, strict=True)]

    waiting: deque[Future[list[Future[Done]]]] = deque()
    rest = iter(items)
    try:
        while True:
            while len(waiting) < AHEAD and (own := list(islice(rest, batch))):
                waiting.append(device.submit(work, own, [around.submit(read, item) for item in own]))
            if not waiting:
                return
            for one in waiting.popleft().result():
                yield one.result()
    finally:
        device.shutdown(cancel_futures=True)
        around.shutdown(cancel_futures=True)
