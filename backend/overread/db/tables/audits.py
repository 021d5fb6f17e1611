"""Audits, reads and the trail: what people said, and nothing of it ever changes."""

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from overread.db.tables.base import Id, Now, Table, When, one_of
from overread.db.tables.stored import Stored
from overread.domain.imaging.masks import RegionVerdict
from overread.domain.json_value import JsonValue
from overread.domain.policy.plan import AuditDesign
from overread.domain.readers.saves import SavedRead
from overread.domain.words import Adopted, Decision, Look, PlantKind, PublicVerdict, Stream, Task, Verdict, Work


class Audit(Table):
    """The drawn items of an iteration; ``design`` and ``seed`` draw them again bit for bit.

    ``sample`` says, by finding, how many of the first in the drawn order the gate judges by; ``notes`` what the design
    could not have.
    """

    __tablename__ = "audit"
    id: Mapped[Id]
    iteration_id: Mapped[int] = mapped_column(ForeignKey("iteration.id"), unique=True)
    labelling_id: Mapped[int] = mapped_column(ForeignKey("labelling.id"))
    seed: Mapped[int]
    design: Mapped[AuditDesign] = mapped_column(Stored(AuditDesign))
    sample: Mapped[dict[str, int]] = mapped_column(Stored(dict[str, int]), server_default=text("'{}'"))
    notes: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[Now]
    strata: Mapped[list["AuditStratum"]] = relationship(order_by="AuditStratum.number")


class AuditStratum(Table):
    """A stratum of an audit's draw: ``number`` is what its items carry; its ``size`` in units, how many of them are in
    the gate's ``population`` (null where an older version drew), and how many each stream reads."""

    __tablename__ = "audit_stratum"
    __table_args__ = (one_of("decision", Decision),)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audit.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    finding: Mapped[str]
    decision: Mapped[Decision]
    held: Mapped[bool]
    size: Mapped[int]
    population: Mapped[int | None]
    fix: Mapped[int]
    measure: Mapped[int]
    sentinel: Mapped[int]
    holdout: Mapped[int]

    @property
    def reads(self) -> dict[Stream, int]:
        """How many reads each stream drew in it."""
        return {"FIX": self.fix, "MEASURE": self.measure, "SENTINEL": self.sentinel, "HOLDOUT": self.holdout}


class AuditCase(Table):
    """One film of an audit, handed to one reader at a time: lease by Postgres' clock, fence grows with each claim.

    ``look``: first; second, by another reader; again, by the one who read it first.
    """

    __tablename__ = "audit_case"
    __table_args__ = (
        UniqueConstraint("audit_id", "image_id", "look"),
        one_of("look", Look),
        Index("ix_audit_case_open", "audit_id", "position", postgresql_where=text("not done")),
    )
    id: Mapped[Id]
    audit_id: Mapped[int] = mapped_column(ForeignKey("audit.id"))
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"))
    look: Mapped[Look] = mapped_column(server_default="first")
    position: Mapped[int]
    done: Mapped[bool] = mapped_column(server_default=text("false"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    lease_until: Mapped[When]
    fence: Mapped[int] = mapped_column(server_default=text("0"))
    version: Mapped[int] = mapped_column(server_default=text("0"))


class AuditItem(Table):
    """A drawn unit, image × finding. Stream, stratum and inclusion probability are kept for ever.

    ``stratum`` is a row of the audit's ``strata``; the probability is null in FIX, which is no sample. ``rank``: its
    place, from 0, in the drawn order of its finding's labels that nobody had read; null where it is not one of them.
    ``account_id``: the person who put it on the FIX list, then without a stratum, or had more drawn; null where it was
    drawn with the audit. ``task``: read; read blind first (SENTINEL, and all of HOLDOUT); with a planted error
    (SENTINEL); read by another reader, or again by the same one, which are SENTINEL as well, so that a unit counts in
    its own stream once.
    """

    __tablename__ = "audit_item"
    __table_args__ = (
        UniqueConstraint("case_id", "finding"),
        one_of("stream", Stream),
        CheckConstraint(
            "stream not in ('MEASURE', 'HOLDOUT') or inclusion_probability > 0 and inclusion_probability <= 1",
            name="sample_probability",
        ),
        one_of("task", Task),
        CheckConstraint(
            "task = 'read' or stream = 'SENTINEL' or stream = 'HOLDOUT' and task = 'blind'", name="task_in_sentinel"
        ),
    )
    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("audit_case.id"))
    finding: Mapped[str]
    stream: Mapped[Stream]
    stratum: Mapped[int | None]
    inclusion_probability: Mapped[float | None]
    rank: Mapped[int | None]
    pseudo_label_id: Mapped[int] = mapped_column(ForeignKey("pseudo_label.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    task: Mapped[Task] = mapped_column(server_default="read")


class Plant(Table):
    """The wrong mask that an item shows in place of its label's, and the label whose words go with it."""

    __tablename__ = "plant"
    __table_args__ = (one_of("kind", PlantKind),)
    item_id: Mapped[int] = mapped_column(ForeignKey("audit_item.id"), primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("pseudo_label.id"), unique=True)
    mask_id: Mapped[int] = mapped_column(ForeignKey("mask.id"))
    kind: Mapped[PlantKind]
    donor_label_id: Mapped[int] = mapped_column(ForeignKey("pseudo_label.id"))


class Submission(Table):
    """The answer that was given to an Idempotency-Key; a retry gets it again."""

    __tablename__ = "submission"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_sha256: Mapped[str]
    answer: Mapped[SavedRead] = mapped_column(Stored(SavedRead))
    created_at: Mapped[Now]


class Read(Table):
    """One reader's verdict on one finding. ``sibling``: it came too late; kept and shown, never counted.

    What it was made with is signal for the next iteration: ``threshold`` the probability that the slider was left at,
    ``adopted`` whose mask was taken over (``teacher``: which network's, from 1), ``regions`` what became of each region
    of the pseudo mask. ``work``: which kind of work it was, null where nobody told; ``seconds``: what its film took,
    with all the findings of the same save. ``blind``: frozen before anything was shown, a draft beside the read that
    follows; ``task`` is the item's. ``adjudicated``: a judge's word after two readers, which outranks theirs.
    ``shown_sha256``: the mask that was judged, the empty one included; null where nothing was shown. What decides is
    final: the database refuses a read into a closed audit, and one over another reader's, unless it is a sibling.
    """

    __tablename__ = "read"
    __table_args__ = (
        ForeignKeyConstraint(["image_id", "image_sha256"], ["image.id", "image.sha256"]),
        one_of("verdict", Verdict),
        one_of("adopted", Adopted),
        one_of("work", Work),
        CheckConstraint("coalesce(adopted = 'teacher', false) = (teacher is not null)", name="teacher_named"),
        CheckConstraint("threshold > 0 and threshold <= 1", name="threshold_range"),
        one_of("task", Task),
        Index("uq_read_adjudicated", "case_id", "finding", unique=True, postgresql_where=text("adjudicated")),
        Index("ix_read_head", "image_id", "finding", text("id desc"), postgresql_where=text("not sibling")),
    )
    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("audit_case.id"), index=True)
    image_id: Mapped[int]
    image_sha256: Mapped[str]
    finding: Mapped[str]
    pseudo_label_id: Mapped[int] = mapped_column(ForeignKey("pseudo_label.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    verdict: Mapped[Verdict]
    mask_id: Mapped[int | None] = mapped_column(ForeignKey("mask.id"))
    dice: Mapped[float | None]
    unacceptable: Mapped[bool]
    seconds: Mapped[float]
    work: Mapped[Work | None]
    task: Mapped[Task] = mapped_column(server_default="read")
    blind: Mapped[bool] = mapped_column(server_default=text("false"))
    adjudicated: Mapped[bool] = mapped_column(server_default=text("false"))
    sibling: Mapped[bool] = mapped_column(server_default=text("false"))
    note: Mapped[str | None]
    flagged: Mapped[bool] = mapped_column(server_default=text("false"))
    threshold: Mapped[float | None]
    adopted: Mapped[Adopted | None]
    teacher: Mapped[int | None]
    shown_sha256: Mapped[str | None]
    regions: Mapped[list[RegionVerdict] | None] = mapped_column(Stored(list[RegionVerdict]))
    fence: Mapped[int]
    created_at: Mapped[Now]


class PublicLabelRead(Table):
    """A reader's word on a public label: that it is wrong, or (a later row) that this was withdrawn. The newest counts.

    It never changes a training set by itself: public labels are not trained on, and no mask comes of it.
    """

    __tablename__ = "public_label_read"
    __table_args__ = (
        ForeignKeyConstraint(["image_id", "image_sha256"], ["image.id", "image.sha256"]),
        one_of("verdict", PublicVerdict),
        Index("ix_public_label_read_head", "image_id", "finding", text("id desc")),
    )
    id: Mapped[Id]
    image_id: Mapped[int]
    image_sha256: Mapped[str]
    finding: Mapped[str]
    mask_id: Mapped[int] = mapped_column(ForeignKey("mask.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    verdict: Mapped[PublicVerdict]
    note: Mapped[str | None]
    created_at: Mapped[Now]


class KeptOut(Table):
    """A unit that was found wrong and stays out of every later training set, to see whether the error comes back."""

    __tablename__ = "kept_out"
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True)
    finding: Mapped[str] = mapped_column(primary_key=True)
    read_id: Mapped[int] = mapped_column(ForeignKey("read.id"))
    created_at: Mapped[Now]


class HoldoutReference(Table):
    """What is on a HOLDOUT unit, for ever: the words of readers who had seen no mask, or a judge's between two of them.

    ``read_id`` is the read whose mask it is, ``second_read_id`` the other blind read where there are two. ``told``
    false: nobody could tell, and the unit has no reference; else ``mask_id`` is null for no lesion.
    """

    __tablename__ = "holdout_reference"
    __table_args__ = (CheckConstraint("told or mask_id is null", name="mask_told"),)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True)
    finding: Mapped[str] = mapped_column(primary_key=True)
    told: Mapped[bool]
    mask_id: Mapped[int | None] = mapped_column(ForeignKey("mask.id"))
    read_id: Mapped[int] = mapped_column(ForeignKey("read.id"))
    second_read_id: Mapped[int | None] = mapped_column(ForeignKey("read.id"))
    created_at: Mapped[Now]


class TrailLine(Table):
    """Who did what, when; each line carries the hash of the one before it in its project."""

    __tablename__ = "trail"
    __table_args__ = (Index("ix_trail_project", "project_id", text("id desc")),)
    id: Mapped[Id]
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    action: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    previous_sha256: Mapped[str]
    sha256: Mapped[str]
