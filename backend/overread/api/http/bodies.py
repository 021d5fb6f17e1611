"""Bodies under way: how many may be half sent, how large and how deep they may be, and how long they may take."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from starlette.types import Receive

from overread.domain.errors import OverreadError

TOKENS, DEPTH = 8192, 32
_STRUCTURE = b"{}[]"
_FILLING = bytes(set(range(256)) - set(_STRUCTURE))


class TooLate(OverreadError):
    """The body came too slowly, or others needed its room."""

    type, title, status = "too-slow", "The body came too slowly", 408


class Crowded(OverreadError):
    """More bodies are being taken in than there is room for."""

    type, title, status = "busy", "Too much at once", 503


class TooIntricate(OverreadError):
    """JSON of more parts, or nested deeper, than any request of ours."""

    type, title, status = "invalid-input", "Invalid input", 400


@dataclass(frozen=True)
class Patience:
    """How long a body may take: ``seconds``, and as many more as its bytes take at ``rate`` bytes a second; how many
    half-sent ones are held for one sender and in all, and how many bytes, those being worked on included. ``linger``:
    seconds in which what a refused sender still sends is thrown away, where it said so few bytes; so many at a time."""

    seconds: float = 10
    rate: float = 100_000
    one: int = 8
    every: int = 64
    one_bytes: int = 48 << 20
    every_bytes: int = 192 << 20
    linger: float = 5
    linger_bytes: int = 2 << 20
    lingering: int = 32

    def allows(self, length: int) -> float:
        """Seconds for a body of so many bytes."""
        return self.seconds + length / self.rate


@dataclass(eq=False)
class _Guest:
    """One body: whose, how long, and its clock while it is half sent."""

    sender: str
    length: int
    clock: asyncio.Timeout | None = None


@dataclass
class Hall:
    """The bodies of one kind of sender. Where there is no room the oldest half-sent body gives way, so that whoever
    holds many back ends his own, and nobody who sends at once is turned away."""

    patience: Patience
    guests: list[_Guest] = field(default_factory=list)

    @contextmanager
    def room(self, sender: str, length: int) -> Iterator[_Guest]:
        """Room for a body until its request is answered; raises Crowded."""
        patience = self.patience
        for mine, count, size in (
            (True, patience.one, patience.one_bytes),
            (False, patience.every, patience.every_bytes),
        ):
            self._make_room(sender if mine else None, length, count, size)
        guest = _Guest(sender, length)
        self.guests.append(guest)
        try:
            yield guest
        finally:
            with suppress(ValueError):  # it had to give way
                self.guests.remove(guest)

    def _make_room(self, sender: str | None, length: int, count: int, size: int) -> None:
        while True:
            there = [guest for guest in self.guests if sender in (None, guest.sender)]
            half = [guest for guest in there if guest.clock is not None]
            if len(half) < count and sum(guest.length for guest in there) + length <= size:
                return
            if not half:
                raise Crowded("Too many large requests are being worked on. Nothing was saved: try again in a moment.")
            oldest = half[0]
            assert oldest.clock is not None
            oldest.clock.reschedule(0)  # in the past: at once
            oldest.clock = None
            self.guests.remove(oldest)

    async def take(self, guest: _Guest, receive: Receive) -> bytes | None:
        """The whole body; None when its sender went away. Raises TooLate."""
        body = bytearray()
        try:
            async with asyncio.timeout(self.patience.allows(guest.length)) as guest.clock:
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        return None
                    body += message.get("body", b"")
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            raise TooLate("The body of this request did not arrive in time. Nothing was saved.") from None
        finally:
            guest.clock = None


def check_json(body: bytes, tokens: int = TOKENS, depth: int = DEPTH) -> None:
    """Raise TooIntricate for JSON of too many parts or levels, by a few passes over the bytes, before it is parsed.

    Escapes are taken out first, so that every quotation mark left begins or ends a string; the rest is structure.
    """
    # JSON may come as UTF-16 too, in which quotation marks are not what they seem; no client of ours sends it.
    if b"\0" in body[:4] or body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise TooIntricate("JSON comes as UTF-8 here. Nothing was read.")
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in body else body
    if plain.count(b'"') > 4 * tokens:
        raise TooIntricate("This has more parts than any request here. Nothing was read.")
    outside = b"".join(plain.split(b'"')[::2])
    if sum(outside.count(mark) for mark in (b"{", b"[", b",", b":")) > tokens:
        raise TooIntricate("This has more parts than any request here. Nothing was read.")
    level = 0
    for mark in outside.translate(None, _FILLING):
        level += 1 if mark in b"{[" else -1
        if level > depth:
            raise TooIntricate("This is nested deeper than any request here. Nothing was read.")
