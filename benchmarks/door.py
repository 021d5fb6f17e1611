"""``python -m benchmarks.door [--json FILE]``: what a signed-in person's request takes while somebody attacks the door.

The service as ``overread serve`` runs it, in a process of its own on private servers. Attacks come from another
process, as fast as it can send them. The same request is timed alone and attacked in turns; of the rounds, the one
whose ratio is the median is told.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from multiprocessing import Process
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np

from benchmarks.goals import Goal

ROUNDS, REQUESTS, RATIO, MEMORY_MIB = 5, 100, 3.0, 64
KEYS = b"{" + b",".join(b'"%d":1' % n for n in range(900_000)) + b"}"
LISTS = b"[" * 100_000 + b"[]," * 300_000 + b"[]" + b"]" * 100_000


@dataclass(frozen=True)
class Timing:
    """95th percentiles of one request in ms, alone and during an attack, and what the service's memory grew by."""

    attack: str
    alone_ms: float
    attacked_ms: float
    grown_mib: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print with the goals, and (with --json) write the numbers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.door", description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    chosen = parser.parse_args(arguments)
    attacks: dict[str, Callable[[int], None]] = {"keys": keys, "lists": lists, "bodies": bodies, "headers": headers}
    with served() as (port, service, token):
        cookie = sign_in(port, token)
        percentile(port, cookie, 50)
        timings = [measure(port, service, cookie, name, attack) for name, attack in attacks.items()]
    goals = [Goal(f"door-{one.attack}-p95", one.attacked_ms / one.alone_ms, RATIO, least=False) for one in timings]
    goals += [Goal(f"door-{one.attack}-mib", one.grown_mib, MEMORY_MIB, least=False) for one in timings]
    print(*(goal.line() for goal in goals), sep="\n")
    if chosen.json is not None:
        report = {
            "timings": [asdict(one) for one in timings],
            "goals": [asdict(goal) | {"met": goal.met} for goal in goals],
        }
        chosen.json.write_text(json.dumps(report, indent=2))
    return 0


@contextmanager
def served() -> Iterator[tuple[int, int, str]]:
    """A service of its own: its port, its process, and the token of the link that it prints."""
    with tempfile.TemporaryDirectory(prefix="overread-door-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        command = [sys.executable, "-P", "-m", "overread.cli", "serve", "--port", str(port)]
        ours = ("OVERREAD_", "DATABASE_", "REDIS_")
        own = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        own["OVERREAD_DATA_FOLDER"] = folder
        process = subprocess.Popen(command, env=own, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            token = process.stdout.readline().strip().partition("#token=")[2]
            while True:
                with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.2)
            yield port, process.pid, token
        finally:
            process.terminate()
            process.wait()


def resident(pid: int) -> int:
    """Bytes of memory that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def sign_in(port: int, token: str) -> str:
    """The cookie of a session."""
    headers = {"Content-Type": "application/json"}
    address = f"http://127.0.0.1:{port}/api/v1/sign-in/link"
    with urlopen(Request(address, json.dumps({"token": token}).encode(), headers)) as answer:
        return str(answer.headers["Set-Cookie"]).partition(";")[0]


def measure(port: int, service: int, cookie: str, name: str, attack: Callable[[int], None]) -> Timing:
    """One attack: the request alone, then while the attacker is at it."""
    before, rounds, most = resident(service), [], 0
    for _ in range(ROUNDS):
        alone = percentile(port, cookie)
        attacker = Process(target=attack, args=(port,), daemon=True)
        attacker.start()
        time.sleep(1)
        rounds.append((alone, percentile(port, cookie)))
        most = max(most, resident(service))
        attacker.kill()
        attacker.join()
    alone, attacked = sorted(rounds, key=lambda pair: pair[1] / pair[0])[ROUNDS // 2]
    timing = Timing(name, alone, attacked, (most - before) / 2**20)
    print(
        f"{name:8} alone {alone:7.1f} ms, attacked {attacked:7.1f} ms, memory {timing.grown_mib:+.0f} MiB", flush=True
    )
    return timing


def percentile(port: int, cookie: str, requests: int = REQUESTS) -> float:
    """The 95th percentile of ``GET /me`` over a new connection each, in ms."""
    taken = []
    for _ in range(requests):
        start = time.perf_counter()
        with urlopen(Request(f"http://127.0.0.1:{port}/api/v1/me", headers={"Cookie": cookie}), timeout=120) as answer:
            answer.read()
        taken.append((time.perf_counter() - start) * 1000)
    return float(np.percentile(taken, 95))


def keys(port: int) -> None:
    """Ten MiB of unknown keys to the door, again and again."""
    while True:
        post(port, "/sign-in", KEYS)


def lists(port: int) -> None:
    """Lists in lists in place of a name and a password."""
    while True:
        post(port, "/sign-in", LISTS)


def bodies(port: int) -> None:
    """Three hundred bodies of which a byte has come, begun anew as they are ended."""
    held: list[socket.socket] = []
    while True:
        held = [*held, begin(port, "/sign-in", 10_000, b"{")][-300:]
        time.sleep(0.005)


def headers(port: int) -> None:
    """Three hundred headers that do not end, begun anew as they are ended."""
    held: list[socket.socket] = []
    while True:
        opened = socket.create_connection(("127.0.0.1", port))
        opened.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        held = [*held, opened][-300:]
        time.sleep(0.005)


def begin(port: int, path: str, length: int, body: bytes) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port))
    head = (
        f"POST /api/v1{path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
    opened.sendall(head.encode() + body)
    return opened


def post(port: int, path: str, body: bytes) -> None:
    with suppress(OSError), begin(port, path, len(body), b"") as opened:
        opened.sendall(body)
        while opened.recv(65536):
            pass


if __name__ == "__main__":
    sys.exit(main())
