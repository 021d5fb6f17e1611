"""Connections: how long a client may take over its headers, and over taking an answer. uvicorn has no clock for either.

A hospital's proxy usually has; the service must not depend on there being one.
"""

import asyncio
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class Connection(H11Protocol):
    """uvicorn's HTTP/1.1 on a clock: headers must be complete ``header_seconds`` after the connection or their first
    byte, of connections without a request at most ``waiting_at_most`` are held (the oldest gives way), and an answer
    of which nothing was taken for ``stall_seconds`` is given up."""

    header_seconds: ClassVar[float] = 10
    stall_seconds: ClassVar[float] = 20
    waiting_at_most: ClassVar[int] = 256
    _waiting: ClassVar[dict["Connection", None]] = {}

    _headers_due: asyncio.TimerHandle | None = None
    _stall_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the headers' clock."""
        super().connection_made(transport)
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        """Headers that have begun are on the clock until they are complete."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._headers_due is None:
            self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop every clock."""
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The answer is not taken as fast as it comes: watch that it is taken at all."""
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        """It was taken."""
        if self._stall_due is not None:
            self._stall_due.cancel()
            self._stall_due = None
        super().resume_writing()

    def on_response_complete(self) -> None:
        """The last of an answer may still be there to send, on a connection that closes."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more was asked; what was answered may not have been taken."""
        super().timeout_keep_alive_handler()
        self._watch_writing()

    def _expect_headers(self) -> None:
        waiting = self._waiting
        if len(waiting) >= self.waiting_at_most:
            next(iter(waiting))._give_up()
        waiting[self] = None
        self._headers_due = self.loop.call_later(self.header_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        self._waiting.pop(self, None)
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None

    def _give_up(self) -> None:
        self._stop_waiting()
        self.transport.abort()

    def _watch_writing(self) -> None:
        """While writing is paused, or the connection closes, nothing is added: what is left to send can only shrink."""
        if self._stall_due is None:
            self._look_again(self.transport.get_write_buffer_size() + 1)

    def _look_again(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left >= before:
            self.transport.abort()
        elif left:
            self._stall_due = self.loop.call_later(self.stall_seconds, self._look_again, left)
        else:
            self._stall_due = None


# Browsers keep six connections a site; idle ones go after uvicorn's five seconds.
OPTIONS: dict[str, Any] = {"http": Connection, "ws": "none", "limit_concurrency": 800}
