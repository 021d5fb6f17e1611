"""Passwords: hashed with Argon2id, a few at a time, so that guesses take neither every thread nor the memory."""

import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from overread.domain.errors import InvalidInput, OverreadError

# A hash takes 64 MiB and a core's tenth of a second. Of the service's forty threads at most sixteen wait here.
AT_ONCE, IN_THE_ROOM = 2, 16
_hasher = PasswordHash((Argon2Hasher(),))
_at_once, _in_the_room = BoundedSemaphore(AT_ONCE), BoundedSemaphore(IN_THE_ROOM)
# Checked when there is no hash to check, so that an unknown name takes as long as a wrong password.
_NOBODY = _hasher.hash(secrets.token_hex(16))


class SignInBusy(OverreadError):
    """More people sign in at this moment than passwords can be checked."""

    type, title, status = "sign-in-busy", "Too many people sign in at once", 503


def hashed(password: str) -> str:
    """Hash with Argon2id; raises InvalidInput for less than 12 or more than 256 characters."""
    if not 12 <= len(password) <= 256:
        raise InvalidInput("A password has 12 to 256 characters.")
    with _turn():
        return _hasher.hash(_composed(password))


def matches(password: str, known: str | None) -> bool:
    """Whether this is the password of that hash; as slow, and False, for an account that has none."""
    with _turn():
        return _hasher.verify(_composed(password[:256]), known or _NOBODY) and known is not None


def _composed(password: str) -> str:
    """One keyboard sends a letter and its accent as two characters, another as one: the same password."""
    return unicodedata.normalize("NFC", password)


@contextmanager
def _turn() -> Iterator[None]:
    if not _in_the_room.acquire(blocking=False):
        raise SignInBusy("Too many people sign in at once. Nothing was counted: try again in a few seconds.")
    try:
        with _at_once:
            yield
    finally:
        _in_the_room.release()
