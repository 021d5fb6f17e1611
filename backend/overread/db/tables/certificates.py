"""Certified thresholds: what a person confirmed, and nothing of it ever changes."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from overread.db.tables.base import Id, Json, Now, Table, one_of
from overread.domain.words import Side


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
    evidence: Mapped[Json]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    sha256: Mapped[str]
    created_at: Mapped[Now]
