"""Jobs, and what an iteration makes: training sets, runs, labellings, pseudo labels."""

from datetime import UTC, datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from overread.db.tables.base import Id, Json, Now, Table, When, one_of
from overread.db.tables.stored import Stored
from overread.domain.imaging.evaluation import Metrics
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.reports import EpochReport, JobProgress, StartReport, TrainingSetCounts
from overread.domain.policy.plan import Plan
from overread.domain.words import Decision, Half, JobKind, JobState, Metric, Queue, ScoredSplit, Stage

# What the pool explorer sorts by.
WALL = ("risk", "agreement", "variance", "presence", "area", "changed")


class Job(Table):
    """Row first, then message. The fence grows with each claim; a write with an old fence is refused."""

    __tablename__ = "job"
    __table_args__ = (
        one_of("state", JobState),
        one_of("queue", Queue),
        Index("ix_job_live", "state", "lease_until", postgresql_where=text("state in ('queued', 'running')")),
    )
    id: Mapped[Id]
    kind: Mapped[JobKind]
    queue: Mapped[Queue]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    iteration_id: Mapped[int | None] = mapped_column(ForeignKey("iteration.id"), index=True)
    arguments: Mapped[dict[str, int]] = mapped_column(JSONB)
    state: Mapped[JobState] = mapped_column(server_default="queued")
    fence: Mapped[int] = mapped_column(server_default=text("0"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    furthest: Mapped[int] = mapped_column(server_default=text("0"))
    worker: Mapped[str | None]
    lease_until: Mapped[When]
    cancel: Mapped[bool] = mapped_column(server_default=text("false"))
    progress: Mapped[JobProgress] = mapped_column(Stored(JobProgress), server_default=text("'{}'"))
    error: Mapped[str | None]
    created_at: Mapped[Now]
    sent_at: Mapped[Now]
    started_at: Mapped[When]
    finished_at: Mapped[When]

    @property
    def stalled(self) -> bool:
        """Not stored: it is running, and its lease has run out."""
        return self.state == "running" and self.lease_until is not None and self.lease_until < datetime.now(UTC)


class TrainingSet(Table):
    """A frozen manifest: canonical bytes in the blob store, named by their hash."""

    __tablename__ = "training_set"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    counts: Mapped[TrainingSetCounts] = mapped_column(Stored(TrainingSetCounts))
    created_at: Mapped[Now]


class TrainingImage(Table):
    """A film of a training set: its findings, of what kind each target is (reference, read, pseudo) and its mask (null:
    no lesion), side by side. The database refuses films that are held out and units that are kept out."""

    __tablename__ = "training_image"
    __table_args__ = (
        CheckConstraint(
            "cardinality(findings) = cardinality(masks) and cardinality(findings) = cardinality(kinds)", name="parallel"
        ),
    )
    training_set_sha256: Mapped[str] = mapped_column(ForeignKey("training_set.sha256"), primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True)
    findings: Mapped[list[str]]
    kinds: Mapped[list[str]]
    masks: Mapped[list[int | None]] = mapped_column(ARRAY(BigInteger))


class Iteration(Table):
    """One turn of the loop. ``plan`` is frozen at launch; ``labelling_id`` is the one pointer that publishes labels.

    ``scored_change``: the last change of a mask in the project that its evaluation saw; null where there was none.
    """

    __tablename__ = "iteration"
    __table_args__ = (
        one_of("stage", Stage),
        Index(
            "uq_iteration_index",
            "project_id",
            "index",
            unique=True,
            postgresql_where=text("stage not in ('failed', 'cancelled')"),
        ),
    )
    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    index: Mapped[int]
    stage: Mapped[Stage] = mapped_column(server_default="planned")
    plan: Mapped[Plan] = mapped_column(Stored(Plan))
    training_set_sha256: Mapped[str] = mapped_column(ForeignKey("training_set.sha256"))
    labelling_id: Mapped[int | None] = mapped_column(ForeignKey("labelling.id", use_alter=True))
    scored_change: Mapped[int | None] = mapped_column(ForeignKey("mask_change.id"))
    code_version: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[Now]
    closed_at: Mapped[When]


class Run(Table):
    """One training of a recipe; its checkpoint is a blob named by its hash.

    ``half``: the half of the pool whose pseudo labels it learned from (cross-fitting), so that it labels the other one;
    ``snapshots``: its earlier checkpoints, oldest first; ``pictures``: PNG blobs by name (batch, worst, best).
    """

    __tablename__ = "run"
    __table_args__ = (UniqueConstraint("iteration_id", "position"), one_of("half", Half))
    id: Mapped[Id]
    iteration_id: Mapped[int] = mapped_column(ForeignKey("iteration.id"))
    position: Mapped[int]
    recipe: Mapped[Recipe] = mapped_column(Stored(Recipe))
    seed: Mapped[int]
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    parameters: Mapped[int | None]
    half: Mapped[Half | None]
    checkpoint_sha256: Mapped[str | None]
    snapshots: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    pictures: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    metrics: Mapped[dict[ScoredSplit, Metrics] | None] = mapped_column(Stored(dict[ScoredSplit, Metrics]))
    seconds: Mapped[float | None]


class Encoder(Table):
    """An encoder taught on the pool without a label (SimCLR, MoCo); a recipe names its checkpoint's hash. ``values``:
    what its last epoch said."""

    __tablename__ = "encoder"
    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    recipe: Mapped[Recipe] = mapped_column(Stored(Recipe))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    checkpoint_sha256: Mapped[str | None]
    values: Mapped[StartReport | None] = mapped_column(Stored(StartReport))
    created_at: Mapped[Now]


class Epoch(Table):
    """What a run reported after an epoch."""

    __tablename__ = "epoch"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    values: Mapped[EpochReport] = mapped_column(Stored(EpochReport))


class Score(Table):
    """One metric of an iteration's ensemble on the films of a split with reference masks: of one finding, or (null) its
    mean over findings; of all films, or of one source's. ``value`` is null where the films that it needs are missing.

    A finding's rows say what they were measured on: films with it and without, patients, the operating point, and its
    films at that point, each counted once (``domain.imaging.evaluation``).
    """

    __tablename__ = "score"
    __table_args__ = (
        one_of("split", ScoredSplit),
        one_of("metric", Metric),
        CheckConstraint(
            "true_positives + false_negatives = positives and true_negatives + false_positives = negatives",
            name="each_film_once",
        ),
        Index(
            "uq_score_what",
            "iteration_id",
            "split",
            "source_id",
            "finding",
            "metric",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )
    id: Mapped[Id]
    iteration_id: Mapped[int] = mapped_column(ForeignKey("iteration.id"))
    split: Mapped[ScoredSplit]
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))
    finding: Mapped[str | None]
    metric: Mapped[Metric]
    value: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    positives: Mapped[int | None]
    negatives: Mapped[int | None]
    patients: Mapped[int | None]
    level: Mapped[int | None]
    true_positives: Mapped[int | None]
    false_positives: Mapped[int | None]
    true_negatives: Mapped[int | None]
    false_negatives: Mapped[int | None]


class Labelling(Table):
    """One pass of an iteration's ensemble over the pool; invisible until the iteration points at it."""

    __tablename__ = "labelling"
    id: Mapped[Id]
    iteration_id: Mapped[int] = mapped_column(ForeignKey("iteration.id"))
    created_at: Mapped[Now]


class ProbabilityMap(Table):
    """8-bit maps (findings, size, size) of one film, as one blob; ``members``: by finding each network's presence q."""

    __tablename__ = "probability_map"
    labelling_id: Mapped[int] = mapped_column(ForeignKey("labelling.id"), primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True)
    sha256: Mapped[str]
    size: Mapped[int]
    members: Mapped[dict[str, list[float]]] = mapped_column(Stored(dict[str, list[float]]))


class MemberMask(Table):
    """What one network of the ensemble marked, cut at the same threshold as the ensemble's mask; null: nothing.

    ``teacher`` is its place in the iteration's plan, from 1. A film × finding has a row for each member that labelled
    it, where two or more did and one at least marked something; else none.
    """

    __tablename__ = "member_mask"
    labelling_id: Mapped[int] = mapped_column(ForeignKey("labelling.id"), primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True)
    finding: Mapped[str] = mapped_column(primary_key=True)
    teacher: Mapped[int] = mapped_column(primary_key=True)
    checkpoint_sha256: Mapped[str]
    mask_id: Mapped[int | None] = mapped_column(ForeignKey("mask.id"))


class PseudoLabel(Table):
    """The ensemble's word on one finding of one pool image. Risk is stored, never computed while a reader waits.

    ``variance``: the members' at a pixel, the mean over the map; null in labels older than the column.
    ``stability``: Dice of earlier checkpoints' masks with this one (ST++); null where none labelled.
    ``public_dice`` compares with the public label; null where there is none, or where both are empty.
    ``changed``: 1 − Dice with what the iteration before drew here, 0 where both are empty; null where it had no label.
    ``area``: pixels of the mask, 0 without one; beside the label, so that the pool is sorted and counted without masks.
    """

    __tablename__ = "pseudo_label"
    __table_args__ = (
        UniqueConstraint("labelling_id", "image_id", "finding"),
        one_of("decision", Decision),
        CheckConstraint("weight between 0 and 1", name="weight_range"),
        Index("ix_pseudo_label_public", "labelling_id", "public_dice", "id"),
        Index("ix_pseudo_label_risk", "labelling_id", text("risk desc"), "id"),
        # The pool's wall: an index an order, with what it filters by, so that a page reads its own rows alone.
        *(
            Index(
                f"ix_pseudo_label_wall_{column}",
                "labelling_id",
                "finding",
                column,
                "id",
                postgresql_include=[
                    name for name in ("image_id", "decision", "presence", "area", "changed") if name != column
                ],
            )
            for column in WALL
        ),
    )
    id: Mapped[Id]
    labelling_id: Mapped[int] = mapped_column(ForeignKey("labelling.id"))
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), index=True)
    finding: Mapped[str]
    decision: Mapped[Decision]
    presence: Mapped[float]
    agreement: Mapped[float]
    variance: Mapped[float | None]
    stability: Mapped[float | None]
    risk: Mapped[float]
    weight: Mapped[float]
    public_dice: Mapped[float | None]
    changed: Mapped[float | None]
    area: Mapped[int] = mapped_column(server_default=text("0"))
    mask_id: Mapped[int | None] = mapped_column(ForeignKey("mask.id"))
