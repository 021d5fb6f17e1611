"""How often one may guess a password: counted before the work is done, and given back when it was the right one.

Three counts in five minutes. By name and address, strictly: that is a guesser. By name over all addresses, and by
address over all names, loosely: many guessers of one name, one guesser of many. A browser in which the name signed in
before is counted by itself alone, so that whatever strangers guess, its owner comes in. A one-time link is not counted:
nobody guesses 256 bits, and it is the way in for whom the counts keep out.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock

import redis
import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from overread.domain.errors import OverreadError, Unauthenticated
from overread.domain.people import name_key

MINUTES = 5
STRICT = RateLimitItemPerMinute(10, MINUTES)  # by name and address, or by name and browser
A_NAME = RateLimitItemPerMinute(100, MINUTES)  # over all addresses
AN_ADDRESS = RateLimitItemPerMinute(300, MINUTES)  # over all names
DEVICE_COOKIE = "overread_device"
PEOPLE_AT_A_DEVICE = 16  # a reading room's workstation remembers its last ones
COOKIE_FORM = re.compile(r"[A-Za-z0-9_-]{22}(\.[0-9a-f]{64}){1,16}")
ANSWER_SECONDS, AWAY_SECONDS = 0.5, 10.0
log = structlog.get_logger()
Count = tuple[RateLimitItemPerMinute, str, str]


class TooManyTries(OverreadError):
    """As many wrong passwords in five minutes as may be tried, by name or by address."""

    type, title, status = "too-many-tries", "Too many tries", 429


class Tries:
    """Counts here and in the Redis that all processes share. One that is away leaves this process its own counts.

    Both are always kept: a Redis that dies, or comes back empty, gives nobody new tries here.
    """

    def __init__(self, redis_url: str) -> None:
        self._here = FixedWindowRateLimiter(MemoryStorage())
        # Somebody waits at the door: one try, half a second.
        pool = redis.ConnectionPool.from_url(
            redis_url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS, retry=None
        )
        self._shared = FixedWindowRateLimiter(
            RedisStorage(redis_url, connection_pool=pool, key_prefix="overread-tries")
        )
        self._lock = Lock()  # MemoryStorage's first hits of a key are not safe against each other
        self._away_until = 0.0

    @contextmanager
    def counted(self, name: str, address: str | None, known_device: str | None) -> Iterator[None]:
        """Count a try, then let it be made; raises TooManyTries instead when a count is full.

        ``known_device`` is the browser's own word where the name has signed in in it before. Only a wrong password
        stays counted.
        """
        counts = _counts(name_key(name), network_of(address), known_device)
        # Looked at before any is counted: a full count of one kind must not fill those of another.
        if not (all(self._ask(_open, count) for count in counts) and all(self._ask(_take, count) for count in counts)):
            raise TooManyTries("Too many tries. Wait five minutes, or ask an admin for a new link.")
        try:
            yield
        except Unauthenticated:
            raise
        except BaseException:
            self._give_back(counts)
            raise
        self._give_back(counts)

    def _give_back(self, counts: list[Count]) -> None:
        for count in counts:
            self._ask(_return, count)

    def _ask(self, question: Callable[[FixedWindowRateLimiter, Count], bool], count: Count) -> bool:
        """Whether both counts say yes. A Redis that does not answer is not asked again for a while."""
        with self._lock:
            answer = question(self._here, count)
        # What is refused here is not counted there: there, it would take the place of one that is let in here.
        if not answer or time.monotonic() < self._away_until:
            return answer
        try:
            return question(self._shared, count)
        except redis.RedisError as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            log.warning("redis away; this process counts tries by itself", error=str(error))
            return True


@dataclass(frozen=True)
class Devices:
    """The cookie by which a browser is known: a word of its own, then a seal for each name that has signed in there."""

    secret: str

    def known(self, cookie: str | None, name: str) -> str | None:
        """The browser's own word, if this name has signed in in it before."""
        device, *seals = self._parts(cookie)
        return device if any(hmac.compare_digest(self._seal(device, name), one) for one in seals) else None

    def remember(self, cookie: str | None, name: str) -> str:
        """The cookie with this name's seal, which is the newest; the oldest of too many falls out."""
        device, *seals = self._parts(cookie)
        seal = self._seal(device, name)
        return ".".join([device, *[one for one in seals if one != seal][1 - PEOPLE_AT_A_DEVICE :], seal])

    def _parts(self, cookie: str | None) -> list[str]:
        """The browser's word and its seals; a new word for what is no cookie of ours."""
        return cookie.split(".") if cookie and COOKIE_FORM.fullmatch(cookie) else [secrets.token_urlsafe(16)]

    def _seal(self, device: str, name: str) -> str:
        words = f"device\n{device}\n{name_key(name)}"
        return hmac.new(self.secret.encode(), words.encode(), hashlib.sha256).hexdigest()


def network_of(address: str | None) -> str:
    """Who is one guesser: an IPv4 address, an IPv6 network of 64 bits (a household has as many addresses), a socket."""
    try:
        found = ip_address((address or "local").partition("%")[0])
    except ValueError:
        return address or "local"
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False).network_address)


def _counts(key: str, address: str, known_device: str | None) -> list[Count]:
    """What a try counts in, the strictest first."""
    name = hashlib.sha256(key.encode()).hexdigest()
    if known_device is not None:
        return [(STRICT, f"device {known_device}", name)]
    return [(STRICT, f"address {address}", name), (AN_ADDRESS, "address", address), (A_NAME, "name", name)]


def _open(limiter: FixedWindowRateLimiter, count: Count) -> bool:
    return limiter.test(*count)


def _take(limiter: FixedWindowRateLimiter, count: Count) -> bool:
    return limiter.hit(*count)


def _return(limiter: FixedWindowRateLimiter, count: Count) -> bool:
    limiter.hit(*count, cost=-1)
    return True
