"""The trail: one line for each change a person or a worker made, chained by hash so that none is changed unseen."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, cast, func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from overread.db.rehearsal import is_rehearsed
from overread.db.tables import Account, Project, TrailLine
from overread.domain.errors import Conflict
from overread.domain.json_value import JsonValue
from overread.domain.trail import GENESIS, Anchor, Chains, Line, line_hash, own_hash
from overread.domain.words import TrailFault

BATCH = 500  # lines in memory at a time


class VerificationRuns(Conflict):
    """The trail is being verified for somebody else; one verification at a time is enough."""

    type, title = "verification-runs", "The trail is being verified"


@dataclass(frozen=True)
class Entry:
    """A line of the trail as it is shown; ``who`` is None where nobody who was signed in did it."""

    id: int
    at: datetime
    project_id: int | None
    project: str | None
    account_id: int | None
    who: str | None
    action: str
    subject: str
    detail: Mapping[str, JsonValue]

    def __str__(self) -> str:
        who, moment = self.who or "the server", f"{self.at.astimezone(UTC):%Y-%m-%d %H:%M:%S UTC}"
        return f"line {self.id} ({moment}, {who}: {self.action}, {self.subject})"


@dataclass(frozen=True)
class Fault:
    """The first bad line, and what happened to it.

    ``entry`` is the line (of a chain that was cut: the last one left, if any), ``beside`` the number of the line that
    gives it away, ``known`` how many lines the anchor knows that does, ``lines`` how many of the chain held until then.
    """

    kind: TrailFault
    chain: int
    lines: int
    entry: Entry | None
    beside: int | None = None
    known: int | None = None

    @property
    def sentence(self) -> str:
        """The bad line and what it means, for people."""
        chain = f"the chain of project {self.chain}" if self.chain else "the chain of what belongs to no project"
        left = f"the last one left is {self.entry}" if self.entry else "none is left"
        meaning = {
            "changed": "was changed: its content does not have the hash that was written with it.",
            "missing": f"follows a line that is not there: lines before it were deleted{self._or_written_anew()}.",
            "inserted": f"has the place of line {self.beside}: one of the two was put in afterwards.",
            "reordered": f"stands before line {self.beside}, which it was written after: lines changed places.",
            "rewritten": f"is not the one that the anchor knows as number {self.known}: lines were written anew with "
            "new hashes, or cut off and others appended. Or the anchor is another installation's.",
            "cut": f"The end of {chain} was cut off: the anchor knows {self.known} lines, {self.lines} are there; "
            f"{left}.",
        }[self.kind]
        entry = str(self.entry)
        return meaning if self.kind == "cut" else f"{entry[:1].upper()}{entry[1:]} of {chain} {meaning}"

    def _or_written_anew(self) -> str:
        return "" if self.beside is None else f", or line {self.beside} was written anew together with its hash"


@dataclass(frozen=True)
class Verification:
    """What reading the whole trail came to. ``anchors``: what to keep elsewhere, where no fault was found."""

    lines: int
    seconds: float
    anchors: list[Anchor]
    fault: Fault | None

    @property
    def rate(self) -> float:
        """Lines a second."""
        return self.lines / max(self.seconds, 1e-6)


def record(
    session: Session,
    action: str,
    subject: str,
    *,
    project_id: int | None = None,
    account_id: int | None = None,
    **detail: JsonValue,
) -> None:
    """Append a line in the caller's transaction. The chain's lock is held until that commits; a rehearsal, which never
    does, leaves no line and locks nobody out."""
    if is_rehearsed(session):
        return
    session.execute(text("select pg_advisory_xact_lock(hashtext('trail'), :project)"), {"project": project_id or 0})
    head = session.scalar(select(TrailLine.sha256).where(_in_chain(project_id)).order_by(TrailLine.id.desc()).limit(1))
    previous = head or GENESIS
    # Hashed is what the database will give back: it writes 1e22 and -0.0 in a way of its own.
    stored = select(func.clock_timestamp(), cast(literal(detail, JSONB), JSONB))
    at, kept = session.execute(stored).one()
    session.add(
        TrailLine(
            project_id=project_id,
            at=at,
            account_id=account_id,
            action=action,
            subject=subject,
            detail=kept,
            previous_sha256=previous,
            sha256=line_hash(previous, at, account_id, action, subject, kept),
        )
    )
    session.flush()


def _in_chain(project_id: int | None) -> ColumnElement[bool]:
    """The lines of a project's chain; None is the chain of what belongs to no project."""
    return TrailLine.project_id.is_not_distinct_from(project_id)


def list_entries(
    session: Session, *, after: int | None = None, limit: int = 50, subject: str = "", account_id: int | None = None
) -> list[Entry]:
    """Lines, newest first: those after line ``after`` in that order, about one subject, by one person, where these are
    given."""
    query = _entries().order_by(TrailLine.id.desc()).limit(limit)
    if after is not None:
        query = query.where(TrailLine.id < after)
    if subject:
        query = query.where(TrailLine.subject == subject)
    if account_id is not None:
        query = query.where(TrailLine.account_id == account_id)
    return [Entry(*line) for line in session.execute(query)]


def _find_entry(session: Session, line_id: int) -> Entry:
    return Entry(*session.execute(_entries().where(TrailLine.id == line_id)).one())


def _entries() -> Select[int, datetime, int | None, str, int | None, str, str, str, dict[str, JsonValue]]:
    here, by = (TrailLine.project_id, Project.name), (TrailLine.account_id, Account.name)
    return (
        select(TrailLine.id, TrailLine.at, *here, *by, TrailLine.action, TrailLine.subject, TrailLine.detail)
        .outerjoin(Account, Account.id == TrailLine.account_id)
        .outerjoin(Project, Project.id == TrailLine.project_id)
    )


def verify_trail(
    session: Session, anchors: Iterable[Anchor] = (), on_lines: Callable[[int, float], None] | None = None
) -> Verification:
    """Compute every chain again, in one pass over one snapshot, and compare it with anchors that were kept.

    Stops at the first bad line. ``on_lines`` is told after each batch how many lines were read, in how many seconds.
    """
    began, chains = time.monotonic(), Chains.compared_with(anchors)
    query = select(
        TrailLine.id,
        func.coalesce(TrailLine.project_id, 0),
        TrailLine.at,
        TrailLine.account_id,
        TrailLine.action,
        TrailLine.subject,
        TrailLine.detail,
        TrailLine.previous_sha256,
        TrailLine.sha256,
    )
    stored = session.execute(query.order_by(TrailLine.id).execution_options(yield_per=BATCH))
    fault = None
    for batch in stored.partitions():
        fault = next((found for one in batch if (found := _fault(session, chains, Line(*one)))), None)
        if fault:
            break
        if on_lines:
            on_lines(chains.lines, time.monotonic() - began)
    stored.close()
    fault = fault or _cut(session, chains)
    return Verification(chains.lines, time.monotonic() - began, [] if fault else chains.anchors(), fault)


def verify_alone(session: Session) -> Verification:
    """The same, beside people who read films: it rests as long as it works, and one runs at a time in all processes
    together. Raises VerificationRuns."""
    if not session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtext("trail verification")))):
        raise VerificationRuns("The trail is being verified for somebody else. Try again in a few seconds.")
    rested_at = 0.0

    def rest(_lines: int, seconds: float) -> None:
        nonlocal rested_at
        worked = seconds - rested_at
        time.sleep(worked)
        rested_at = seconds + worked

    return verify_trail(session, on_lines=rest)


def _fault(session: Session, chains: Chains, line: Line) -> Fault | None:
    """Move the line's chain on by it, or say what is wrong with it."""
    if not chains.follows(line):
        return _named(session, chains, line)
    if chains.take(line):
        return None
    place = chains.head(line.chain).lines
    return Fault("rewritten", line.chain, place - 1, _find_entry(session, line.id), known=place)


def _named(session: Session, chains: Chains, line: Line) -> Fault:
    """What happened to the first line that does not follow, by what stands around it."""
    head, here = chains.head(line.chain), _in_chain(line.chain or None)

    def number(*conditions: ColumnElement[bool], last: bool = False) -> int | None:
        order = TrailLine.id.desc() if last else TrailLine.id
        return session.scalar(select(TrailLine.id).where(here, *conditions).order_by(order).limit(1))

    def fault(kind: TrailFault, bad: int, beside: int | None = None) -> Fault:
        return Fault(kind, line.chain, head.lines, _find_entry(session, bad), beside)

    after = number(TrailLine.id > line.id)
    heir = number(TrailLine.id == after, TrailLine.previous_sha256 == head.sha256)
    if line.sha256 != own_hash(line, line.previous):
        return fault("inserted", line.id, heir) if heir else fault("changed", line.id)
    later = number(TrailLine.id > line.id, TrailLine.sha256 == line.previous)
    if later:
        return fault("reordered", line.id, later)
    if heir:
        return fault("inserted", line.id, heir)
    earlier = number(TrailLine.id < line.id, TrailLine.sha256 == line.previous, last=True)
    if earlier or line.previous == GENESIS:
        stranger = number(TrailLine.id > (earlier or 0), TrailLine.previous_sha256 == line.previous)
        # What comes after tells which of the two belongs here; without it, the one that came last does not.
        bad, other = (stranger, line.id) if stranger and after else (line.id, stranger)
        return fault("inserted", bad, other)
    return fault("missing", line.id, head.id)


def _cut(session: Session, chains: Chains) -> Fault | None:
    """The first chain that has fewer lines than an anchor knows."""
    known = chains.cut()
    if known is None:
        return None
    head = chains.head(known.chain)
    last = _find_entry(session, head.id) if head.id is not None else None
    return Fault("cut", known.chain, head.lines, last, known=known.lines)
