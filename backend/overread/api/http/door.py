"""The door: what is refused before a byte of a body is read, how bodies come in, and the headers of every answer.

Plain ASGI, outside of everything else: no route, no parser and no validator sees what is refused here.
"""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from overread.api.http.bodies import Hall, Patience, TooIntricate, TooLate, check_json
from overread.api.http.deps import COOKIE, Installation
from overread.api.http.problems import DATABASE_TROUBLE, database_trouble, problem, refusal
from overread.domain.errors import OverreadError, Unauthenticated
from overread.services.people.accounts import signed_in
from overread.storage import require_space

SAFE = ("GET", "HEAD", "OPTIONS")
# Nobody is signed in yet, or any more; what they send is a name, a password, a link's token.
OPEN = ("/api/v1/sign-in", "/api/v1/sign-in/link", "/api/v1/sign-out")
# A full disk must not keep anybody from stopping what fills it.
ALWAYS = ("/cancel", "/release", "/disable")
# Eight masks of a large film with room to spare; no other request comes near.
MASKS, USUAL, SMALL = 16 << 20, 1 << 20, 16 << 10
HEADER_BYTES, QUERY_BYTES, PARAMETERS = 32 << 10, 8 << 10, 64
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@dataclass
class Door:
    """The application behind its door."""

    app: ASGIApp
    installation: Installation
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        self._known, self._strangers = Hall(self.patience), Hall(self.patience)
        self._lingering = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; anything else that comes over a connection is the application's."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        send = _with_headers(send, scope["path"])
        try:
            refused = _by_its_head(scope)
            if refused is None and scope["method"] not in SAFE:
                await self._take_in(scope, receive, send)
                return
        except (TooIntricate, TooLate) as error:  # nothing more will come, or too slowly to wait for
            await _closing(refusal(error))(scope, receive, send)
            return
        except OverreadError as error:
            refused = refusal(error)
        except DATABASE_TROUBLE as error:
            refused = database_trouble(error, self.installation.blobs)
        if refused is None:
            await self.app(scope, receive, send)
        else:
            await self._refuse(refused, scope, receive, send)

    async def _take_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A request that wants to change something: its sender first, then its body, then the application."""
        path, length = scope["path"], int(Headers(scope=scope).get("content-length", "0"))
        if path in OPEN:
            hall, sender = self._strangers, (scope["client"] or ("local",))[0]
        else:
            hall, sender = self._known, str(await run_in_threadpool(self._admit, scope))
        with hall.room(sender, length) as guest:
            body = await hall.take(guest, receive) if length else b""
            if body is None:
                return
            if len(body) > USUAL:
                await run_in_threadpool(check_json, body)
            else:
                check_json(body)
            await self.app(scope, _again(body, receive), send)

    def _admit(self, scope: Scope) -> int:
        """Whose request it is; raises Unauthenticated, or DiskFull. Asking keeps no session alive."""
        token = Request(scope).cookies.get(COOKIE)
        if not token:
            raise Unauthenticated("Sign in first: your session has ended, or there was none.")
        with self.installation.database.transaction() as session:
            account = signed_in(session, token)
        if account is None:
            raise Unauthenticated("Sign in first: your session has ended, or there was none.")
        if not scope["path"].endswith(ALWAYS):
            require_space(self.installation.blobs.folder, self.installation.settings.disk_reserve)
        return account.id

    async def _refuse(self, answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a refusal and end the connection. One that closes on unread bytes is reset, and the refusal lost: what
        is still on its way is thrown away first, for a while."""
        headers = Headers(scope=scope)
        if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
            await answer(scope, receive, send)
            return
        length = headers.get("content-length", "")
        small = length.isdecimal() and len(length) < 12 and int(length) <= self.patience.linger_bytes
        if not small or self._lingering >= self.patience.lingering:
            await _closing(answer)(scope, receive, send)
            return
        self._lingering += 1
        try:
            start = {"type": "http.response.start", "status": answer.status_code}
            await send(start | {"headers": _closing(answer).raw_headers})
            await send({"type": "http.response.body", "body": answer.body, "more_body": True})
            async with asyncio.timeout(self.patience.linger):
                while (await receive()).get("more_body", False):
                    pass
        except TimeoutError:
            pass
        finally:
            self._lingering -= 1
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def largest(path: str) -> int:
    """Bytes that a body to this path may have."""
    if path in OPEN:
        return SMALL
    masks = (path.startswith("/api/v1/cases/") and path.endswith("/reads")) or "/disputes/" in path
    return MASKS if masks else USUAL


def _by_its_head(scope: Scope) -> Response | None:
    """What method, address and headers alone say against a request."""
    headers, query = Headers(scope=scope), scope["query_string"]
    if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES:
        return problem("too-large", "Too large", 431, "The headers of this request are too large.")
    if len(query) > QUERY_BYTES or query.count(b"&") >= PARAMETERS:
        return problem("too-large", "Too large", 414, "This address asks for more than any page here.")
    if "transfer-encoding" in headers:
        return problem("length-required", "Length required", 411, "Send the body with its Content-Length.")
    length = headers.get("content-length", "0")
    if scope["method"] in SAFE:
        return None if length == "0" else problem("unwanted-body", "Unwanted body", 400, "Nothing here reads a body.")
    origin = headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != headers.get("host")
    if foreign or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return problem("foreign-origin", "Not from here", 403, "Requests from other sites are refused.")
    most = largest(scope["path"])
    if not length.isdecimal() or len(length) > 12 or int(length) > most:
        return problem("too-large", "Too large", 413, f"Such a request has at most {most >> 10} KiB.")
    return None


def _closing(answer: Response) -> Response:
    """The answer as the last one on its connection."""
    answer.headers["Connection"] = "close"
    return answer


def _with_headers(send: Send, path: str) -> Send:
    """Add to an answer what every answer carries."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if path.startswith("/api/"):
                headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was taken in, as the application receives it; then whatever still comes."""
    told = False

    async def receiving() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiving
