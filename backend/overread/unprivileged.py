"""How a child process leaves root behind, and how it learns of our death, before it becomes a server.

As root the child enters a user namespace of its own, in which it is an ordinary user and files keep their owner.
Containers often forbid namespaces: there it becomes nobody, and what it writes in must be nobody's.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from overread.domain.errors import Conflict

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def preparation(on_our_death: signal.Signals | None = None) -> Callable[[], None]:
    """A ``preexec_fn``: leave root behind, then (Linux) ask the kernel for this signal when we die."""
    leave_root = leaving_root()
    listen = hear_of_our_death(on_our_death) if on_our_death is not None else None

    def prepare() -> None:
        leave_root()
        if listen is not None:
            listen()

    return prepare


def hear_of_our_death(by: signal.Signals) -> Callable[[], None]:
    """A ``preexec_fn`` (Linux): the kernel sends the child this signal when the thread that started it ends."""
    parent = os.getpid()

    def listen() -> None:
        if sys.platform == "linux":
            _libc.prctl(PR_SET_PDEATHSIG, by)
            if os.getppid() != parent:  # we died before it asked
                os._exit(1)

    return listen


def die_with_parent() -> None:
    """Linux: ask the kernel to kill this process when its parent dies, so that no orphan goes on writing."""
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@cache
def leaving_root() -> Callable[[], None]:
    """How a child of this process leaves root; found once, by trying."""
    if os.geteuid() != 0:
        return lambda: None
    try:
        subprocess.run(["true"], preexec_fn=enter_namespace, check=True)
    except subprocess.SubprocessError:
        return become_nobody
    return enter_namespace


@cache
def leaving_network() -> Callable[[], None]:
    """How a child of this process that runs our Python leaves root and the network, as far as the kernel and the rights
    to our files let it; found once, by trying."""
    for leave in (leave_network, leaving_root()):
        with suppress(OSError, subprocess.SubprocessError):
            subprocess.run(
                [sys.executable, "-P", "-c", "import overread"], preexec_fn=leave, check=True, capture_output=True
            )
            return leave
    return lambda: None


def leave_network() -> None:
    """Enter namespaces in which this user is user 1000 and there is no network; raises OSError where that is
    forbidden."""
    enter_namespace(CLONE_NEWNET)


def enter_namespace(and_of: int = 0) -> None:
    """Enter a user namespace in which this user is user 1000, and namespaces of these other kinds; raises OSError where
    that is forbidden."""
    user = os.geteuid()
    if _libc.unshare(CLONE_NEWUSER | and_of) != 0:
        raise OSError(ctypes.get_errno(), "no user namespace is to be had")
    Path("/proc/self/uid_map").write_text(f"1000 {user} 1")


def become_nobody() -> None:
    """Drop to the user nobody, for good."""
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


def hand_over(*paths: Path, programs: Path) -> None:
    """Where children are nobody, give nobody these paths; raises Conflict when nobody cannot get to them."""
    if leaving_root() is not become_nobody:
        return
    for path in paths:
        shutil.chown(path, "nobody")
    nobody = pwd.getpwnam("nobody").pw_uid
    for place in {place for path in (*paths, programs / "program") for place in path.resolve().parents}:
        status = place.stat()
        if not status.st_mode & 0o001 and status.st_uid != nobody:
            raise Conflict(
                f"As root, without user namespaces, Postgres runs as nobody, who may not pass {place}. Start as "
                "another user, or have the program and OVERREAD_DATA_FOLDER where everybody may pass."
            )
