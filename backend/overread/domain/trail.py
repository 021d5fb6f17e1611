"""The trail's arithmetic: how rows are chained by hash, where a chain breaks, and the anchors that prove its length.

Every project has a chain of its own; what belongs to no project (people) is chain 0. A row's hash covers the hash of
the row before it and its own content, so whoever changes a row must write all rows after it anew, and whoever does
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

GENESIS = "0" * 64
ANCHOR = re.compile(r"(\d{1,18}):(\d{1,18}):([0-9a-f]{64})")
# json.dumps with these options makes an encoder a call, and is half as fast.
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the trail as it is stored. ``previous`` is the hash of the row that it was written after."""

    id: int
    chain: int
    at: datetime
    account_id: int | None
    action: str
    subject: str
    detail: Mapping[str, object]
    previous: str
    sha256: str


def row_hash(
    previous: str, at: datetime, account_id: int | None, action: str, subject: str, detail: Mapping[str, object]
) -> str:
    """SHA-256 over the previous row's hash and this row's canonical JSON."""
    moment = at.astimezone(UTC).isoformat()
    body = {"at": moment, "account": account_id, "action": action, "subject": subject, "detail": detail}
    return hashlib.sha256(f"{previous}{_canonical(body)}".encode()).hexdigest()


def own_hash(row: Row, previous: str) -> str:
    """The hash that this row has after a row with the hash ``previous``."""
    return row_hash(previous, row.at, row.account_id, row.action, row.subject, row.detail)


@dataclass(frozen=True, order=True)
class Anchor:
    """How many rows a chain had once, and the last one's hash. Kept elsewhere, it proves that none of them is gone."""

    chain: int
    rows: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.chain}:{self.rows}:{self.sha256}"

    @classmethod
    def all_in(cls, text: str) -> list[Self]:
        """Every anchor in a text, which may say other things too. Raises InvalidInput when there is none."""
        found = [cls(int(chain), int(rows), sha256) for chain, rows, sha256 in ANCHOR.findall(text)]
        if not found:
            raise InvalidInput("There is no anchor in it: PROJECT:ROWS:HASH, as `overread trail verify` prints them.")
        return found


@dataclass(slots=True)
class Head:
    """Where a chain stands while it is read: its rows so far, and the last one's number and hash."""

    rows: int = 0
    sha256: str = GENESIS
    id: int | None = None


@dataclass
class Chains:
    """Every chain as far as it was read, compared with its anchors."""

    heads: dict[int, Head] = field(default_factory=dict)
    rows: int = 0
    _wanted: dict[tuple[int, int], str] = field(default_factory=dict)

    @classmethod
    def compared_with(cls, anchors: Iterable[Anchor]) -> Self:
        """Chains of which nothing was read yet. Raises InvalidInput for two anchors that cannot both be right."""
        chains = cls()
        for one in anchors:
            if chains._wanted.setdefault((one.chain, one.rows), one.sha256) != one.sha256:
                raise InvalidInput(f"Two anchors name {one.rows} rows of chain {one.chain}, with different hashes.")
        return chains

    def head(self, chain: int) -> Head:
        """Where a chain stands; a chain without a row stands at its beginning."""
        return self.heads.setdefault(chain, Head())

    def follows(self, row: Row) -> bool:
        """Whether the row has the hash of its content, and continues its chain."""
        return row.previous == self.head(row.chain).sha256 and row.sha256 == own_hash(row, row.previous)

    def take(self, row: Row) -> bool:
        """Move the chain on by a row that follows; False when an anchor knows another row in this place."""
        head = self.head(row.chain)
        head.rows, head.sha256, head.id = head.rows + 1, row.sha256, row.id
        self.rows += 1
        return self._wanted.get((row.chain, head.rows), row.sha256) == row.sha256

    def cut(self) -> Anchor | None:
        """The first anchor that knows more rows than its chain has, once all were read."""
        short = (key for key in sorted(self._wanted) if key[1] > self.head(key[0]).rows)
        return next((Anchor(*key, self._wanted[key]) for key in short), None)

    def anchors(self) -> list[Anchor]:
        """What to keep elsewhere: an anchor for each chain that has a row."""
        return [Anchor(chain, head.rows, head.sha256) for chain, head in sorted(self.heads.items()) if head.rows]
