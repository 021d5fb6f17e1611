"""The trail's arithmetic: how lines are chained by hash, where a chain breaks, and the anchors that prove its length.

Every project has a chain of its own; what belongs to no project (people) is chain 0. A line's hash covers the hash of
the line before it and its own content, so whoever changes a line must write all lines after it anew, and whoever does
that cannot hide it from an anchor that was kept elsewhere.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from overread.domain.errors import InvalidInput
from overread.domain.json_value import JsonValue

GENESIS = "0" * 64
ANCHOR = re.compile(r"(\d{1,18}):(\d{1,18}):([0-9a-f]{64})")
# json.dumps with these options makes an encoder a call, and is half as fast.
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the trail as it is stored. ``previous`` is the hash of the line that it was written after."""

    id: int
    chain: int
    at: datetime
    account_id: int | None
    action: str
    subject: str
    detail: Mapping[str, JsonValue]
    previous: str
    sha256: str


def line_hash(
    previous: str, at: datetime, account_id: int | None, action: str, subject: str, detail: Mapping[str, JsonValue]
) -> str:
    """SHA-256 over the previous line's hash and this line's canonical JSON."""
    moment = at.astimezone(UTC).isoformat()
    body = {"at": moment, "account": account_id, "action": action, "subject": subject, "detail": detail}
    return hashlib.sha256(f"{previous}{_canonical(body)}".encode()).hexdigest()


def own_hash(line: Line, previous: str) -> str:
    """The hash that this line has after a line with the hash ``previous``."""
    return line_hash(previous, line.at, line.account_id, line.action, line.subject, line.detail)


@dataclass(frozen=True, order=True)
class Anchor:
    """How many lines a chain had once, and the last one's hash. Kept elsewhere, it proves that none of them is gone."""

    chain: int
    lines: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.chain}:{self.lines}:{self.sha256}"

    @classmethod
    def all_in(cls, text: str) -> list[Self]:
        """Every anchor in a text, which may say other things too. Raises InvalidInput when there is none."""
        found = [cls(int(chain), int(lines), sha256) for chain, lines, sha256 in ANCHOR.findall(text)]
        if not found:
            raise InvalidInput("There is no anchor in it: PROJECT:LINES:HASH, as `overread trail verify` prints them.")
        return found


@dataclass(slots=True)
class Head:
    """Where a chain stands while it is read: its lines so far, and the last one's number and hash."""

    lines: int = 0
    sha256: str = GENESIS
    id: int | None = None


@dataclass
class Chains:
    """Every chain as far as it was read, compared with its anchors."""

    heads: dict[int, Head] = field(default_factory=dict)
    lines: int = 0
    _wanted: dict[tuple[int, int], str] = field(default_factory=dict)

    @classmethod
    def compared_with(cls, anchors: Iterable[Anchor]) -> Self:
        """Chains of which nothing was read yet. Raises InvalidInput for two anchors that cannot both be right."""
        chains = cls()
        for one in anchors:
            if chains._wanted.setdefault((one.chain, one.lines), one.sha256) != one.sha256:
                raise InvalidInput(f"Two anchors name {one.lines} lines of chain {one.chain}, with different hashes.")
        return chains

    def head(self, chain: int) -> Head:
        """Where a chain stands; a chain without a line stands at its beginning."""
        return self.heads.setdefault(chain, Head())

    def follows(self, line: Line) -> bool:
        """Whether the line has the hash of its content, and continues its chain."""
        return line.previous == self.head(line.chain).sha256 and line.sha256 == own_hash(line, line.previous)

    def take(self, line: Line) -> bool:
        """Move the chain on by a line that follows; False when an anchor knows another line in this place."""
        head = self.head(line.chain)
        head.lines, head.sha256, head.id = head.lines + 1, line.sha256, line.id
        self.lines += 1
        return self._wanted.get((line.chain, head.lines), line.sha256) == line.sha256

    def cut(self) -> Anchor | None:
        """The first anchor that knows more lines than its chain has, once all were read."""
        short = (key for key in sorted(self._wanted) if key[1] > self.head(key[0]).lines)
        return next((Anchor(*key, self._wanted[key]) for key in short), None)

    def anchors(self) -> list[Anchor]:
        """What to keep elsewhere: an anchor for each chain that has a line."""
        return [Anchor(chain, head.lines, head.sha256) for chain, head in sorted(self.heads.items()) if head.lines]
