"""Two chains of the trail to tamper with, and the hands of a superuser who does it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from overread.db.tables import Account, TrailLine
from overread.domain.trail import Anchor, line_hash
from overread.services import trail
from overread.services.films import projects

LINES = 8  # in each project's chain; those of the other lie between them, and numbers are free between all


@dataclass
class Told:
    """Two projects' chains in a transaction that is never committed, and in which nothing forbids to change them."""

    session: Session
    ada: int
    one: int
    two: int

    def record(self, action: str, subject: str, project_id: int, **detail: object) -> None:
        trail.record(self.session, action, subject, project_id=project_id, account_id=self.ada, **detail)  # type: ignore[arg-type]

    def ids(self, project_id: int | None = None) -> list[int]:
        """The numbers of a project's lines, in their order."""
        query = select(TrailLine.id).where(TrailLine.project_id == (project_id or self.one)).order_by(TrailLine.id)
        return list(self.session.scalars(query))

    def line(self, place: int) -> TrailLine:
        return self.session.get_one(TrailLine, self.ids()[place])

    def do(self, statement: str) -> None:
        self.session.execute(text(statement))
        self.session.expire_all()

    def delete(self, *numbers: int) -> None:
        self.do(f"delete from trail where id in ({', '.join(map(str, numbers))})")

    def swap(self, one: int, other: int) -> None:
        """Let two lines change their places."""
        for before, after in ((one, -1), (other, one), (-1, other)):
            self.do(f"update trail set id = {after} where id = {before}")

    def forge(self, at: int, previous: str, sha256: str | None = None, action: str = "step.forged") -> None:
        """Put a line into the first project's chain; its hash is right unless another is given."""
        now = datetime.now(UTC)
        hashes = {"previous_sha256": previous, "sha256": sha256 or line_hash(previous, now, None, action, "case 9", {})}
        self.session.add(
            TrailLine(id=at, project_id=self.one, at=now, action=action, subject="case 9", detail={}, **hashes)
        )
        self.session.flush()

    def write_anew(self, first: int) -> None:
        """Make the hashes of the project's lines anew from one on, as whoever knows how they are made can."""
        previous = self.line(first - 1).sha256
        for number in self.ids()[first:]:
            line = self.session.get_one(TrailLine, number)
            line.previous_sha256 = previous
            previous = line.sha256 = line_hash(
                previous, line.at, line.account_id, line.action, line.subject, line.detail
            )
        self.session.flush()

    def found(self, anchors: list[Anchor] | None = None) -> trail.Fault:
        fault = trail.verify_trail(self.session, anchors or []).fault
        assert fault is not None
        return fault

    def kept(self) -> list[Anchor]:
        verification = trail.verify_trail(self.session)
        assert verification.fault is None
        return verification.anchors


def write_chains(session: Session) -> Told:
    """Two projects' chains by turns, and one line that belongs to no project."""
    session.execute(text("alter table trail disable trigger all"))
    ada = Account(name="ada", role="admin")
    session.add(ada)
    session.flush()
    trail.record(session, "account.invited", f"account {ada.id}")
    one, two = (projects.create_project(session, name, ["nodule"]).id for name in ("one", "two"))
    told = Told(session, ada.id, one, two)
    for step in range(1, LINES):
        for project_id in (one, two):
            told.record(f"step.{step}", f"case {step}", project_id, step=step)
    told.do("update trail set id = 1000 + 10 * (id - (select min(id) from trail))")
    told.do("select setval(pg_get_serial_sequence('trail', 'id'), 2000)")
    return told
