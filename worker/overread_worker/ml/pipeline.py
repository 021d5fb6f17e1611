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
LANES = 2  # batches that are computed at once
AHEAD = 4  # batches in flight, the one whose results are handed out included: all that is ever in memory
MOST_THREADS = 16


def films_at_once() -> int:
    """Films of a batch: many for a GPU; on a processor half of them, whose arrays are small enough for the allocator to
    hand out again, where larger ones come from the kernel anew each time, page by page."""
    return BATCH if torch.cuda.is_available() else BATCH // 2


def pipelined(
    items: Iterable[Item],
    read: Callable[[Item], Read],
    compute: Callable[[list[Read]], list[Made]],
    finish: Callable[[Item, Made], Done],
    batch: int | None = None,
) -> Iterator[Done]:
    """``finish`` of every item, in order, while the next ones are read and computed.

    ``read`` and ``finish`` run in threads (decoding, resizing and counting leave the interpreter free); ``compute``
    takes a batch (``films_at_once`` unless told otherwise) and gives one result an item, in lanes: on a GPU one
    launches the next batch while the other waits for its maps, and the device never idles; a processor's lanes share
    its cores, which so wait less for one another within a layer. Whatever one of them raises is raised here.
    """
    size, cores, threads = batch or films_at_once(), os.cpu_count() or 1, torch.get_num_threads()
    lanes = LANES if torch.cuda.is_available() else min(LANES, threads)
    around = ThreadPoolExecutor(min(cores, MOST_THREADS))
    # What a thread sets here holds for itself, and for threads that begin later: hence set back in the end.
    device = ThreadPoolExecutor(lanes, initializer=torch.set_num_threads, initargs=(threads // lanes,))

    def work(own: list[Item], reading: list[Future[Read]]) -> list[Future[Done]]:
        made = compute([one.result() for one in reading])
        return [around.submit(finish, item, one) for item, one in zip(own, made, strict=True)]

    waiting: deque[Future[list[Future[Done]]]] = deque()
    rest = iter(items)
    try:
        while True:
            while len(waiting) < AHEAD and (own := list(islice(rest, size))):
                waiting.append(device.submit(work, own, [around.submit(read, item) for item in own]))
            if not waiting:
                return
            for one in waiting.popleft().result():
                yield one.result()
    finally:
        device.shutdown(cancel_futures=True)
        around.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)
