"""What opens the gate: verdicts on an iteration, and certified thresholds. Signed by their hash; nothing of it changes.

The hash is of what is kept, so that a row of any age can be checked against it; older rows are understood when read.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator
from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from overread.db.tables.base import Id, Now, Table, one_of
from overread.db.tables.stored import Stored
from overread.domain.policy.certify import Evidence
from overread.domain.policy.gate import Judgement
from overread.domain.words import Side


def _judged_before(kept: dict[str, Any]) -> dict[str, Any]:
    """A verdict of before: "all findings" stood for a clause that is of none alone, and evidence counted reads without
    their order. Those counts are in the clauses' sentences; as marks they would say what nobody knows."""
    clauses = [one | {"finding": None} if one["finding"] == "all findings" else one for one in kept["clauses"]]
    return kept | {"clauses": clauses, "evidence": [one for one in kept["evidence"] if "marks" in one]}


def _certified_before(kept: dict[str, Any]) -> dict[str, Any]:
    """Evidence of before: one walk, that went on while p was no larger than δ."""
    certificate = kept["certificate"]
    steps = [
        one if "passed" in one else one | {"passed": one["p"] <= certificate["delta"], "start": 0}
        for one in certificate["steps"]
    ]
    return kept | {"certificate": certificate | {"steps": steps}}


JUDGEMENT = Stored[Judgement](Annotated[Judgement, BeforeValidator(_judged_before)])
EVIDENCE = Stored[Evidence](Annotated[Evidence, BeforeValidator(_certified_before)])


class GateDecision(Table):
    """A verdict on recorded inputs, signed by its hash; an override names a person and a reason."""

    __tablename__ = "gate_decision"
    __table_args__ = (
        CheckConstraint("not override or (account_id is not null and length(reason) > 0)", name="override_named"),
    )
    id: Mapped[Id]
    iteration_id: Mapped[int] = mapped_column(ForeignKey("iteration.id"), index=True)
    open: Mapped[bool]
    override: Mapped[bool]
    verdict: Mapped[Judgement] = mapped_column(JUDGEMENT)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[str | None]
    sha256: Mapped[str]
    created_at: Mapped[Now]


class Certificate(Table):
    """A threshold of one finding and side at (α, δ), confirmed by a person; the newest of an iteration counts.

    ``threshold`` null: no threshold passed, and the finding adds no pseudo label of this side. ``evidence`` is the walk
    and what it would accept; ``declared`` whether α and δ are those of the iteration's plan, settled before any read.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        one_of("side", Side),
        CheckConstraint("alpha > 0 and alpha < 1 and delta > 0 and delta < 1", name="risk_range"),
    )
    id: Mapped[Id]
    iteration_id: Mapped[int] = mapped_column(ForeignKey("iteration.id"), index=True)
    finding: Mapped[str]
    side: Mapped[Side]
    alpha: Mapped[float]
    delta: Mapped[float]
    threshold: Mapped[float | None]
    declared: Mapped[bool]
    evidence: Mapped[Evidence] = mapped_column(EVIDENCE)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    sha256: Mapped[str]
    created_at: Mapped[Now]
