"""Launches, iterations, runs and encoders on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from overread.api.schemas import Answer, Body, JobOut, Name, Reads, RecipeIn, Risk, Share
from overread.domain.imaging.evaluation import EnsembleMetrics, Metrics
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.reports import EpochReport, StartReport, TrainingSetCounts
from overread.domain.policy.plan import DEFAULT, LEAST_RISK, Plan
from overread.domain.words import (
    Errors,
    Family,
    FixBy,
    Half,
    ScoredSplit,
    Stage,
    Teaches,
    Thresholds,
)


class DeclarationIn(Body):
    """What a launch declares, its recipes apart; what is not said is as ``domain.policy.plan`` has it."""

    seed: int = Field(DEFAULT.seed, ge=0, lt=2**31)
    alpha: Risk = DEFAULT.alpha
    delta: Risk = DEFAULT.delta
    errors: Errors = DEFAULT.errors
    family: Family = DEFAULT.family
    min_reads: Reads = DEFAULT.min_reads
    measure: Reads = DEFAULT.measure
    fix: Reads = DEFAULT.fix
    sentinel: Reads = DEFAULT.sentinel
    holdout: Reads = DEFAULT.holdout
    positives: Reads = DEFAULT.positives
    minutes: float | None = Field(DEFAULT.minutes, ge=0, le=1_000_000)
    seconds_per_read: float = Field(DEFAULT.seconds_per_read, ge=0.1, le=3600)
    shares: list[Annotated[int, Field(ge=0, le=100)]] = Field(list(DEFAULT.shares), min_length=4, max_length=4)
    keep_out: Share = DEFAULT.keep_out
    second: Share = DEFAULT.second
    withhold: list[Name] = Field(default_factory=list, max_length=8)
    override: str | None = Field(None, max_length=2000)
    refresh: bool = DEFAULT.refresh
    thresholds: Thresholds = DEFAULT.thresholds
    teaches: Teaches = DEFAULT.teaches
    fix_by: FixBy = DEFAULT.fix_by
    red_line: float = Field(DEFAULT.red_line, ge=LEAST_RISK, le=1)
    holdout_margin: float = Field(DEFAULT.holdout_margin, ge=LEAST_RISK, le=1)
    subgroup_margin: float = Field(DEFAULT.subgroup_margin, ge=LEAST_RISK, le=1)


class UnscoredOut(Answer):
    """A finding that none of a split's films has or none is known not to have; of a split without references both are
    0."""

    split: ScoredSplit
    finding: str
    positives: int
    negatives: int


class LaunchIn(DeclarationIn):
    recipes: list[Name | RecipeIn] = Field(min_length=1, max_length=16)


class EncoderIn(Body):
    recipe: Name | RecipeIn


class EncoderOut(Answer):
    id: int
    recipe: Recipe
    checkpoint_sha256: str | None
    values: StartReport | None
    job: JobOut | None


class RunOut(Answer):
    id: int
    position: int
    recipe: Recipe
    seed: int
    parameters: int | None
    checkpoint_sha256: str | None
    half: Half | None
    pictures: list[str]
    metrics: dict[ScoredSplit, Metrics] | None
    seconds: float | None
    epochs: list[EpochReport]
    job: JobOut | None


class MetricsOut(Answer):
    ensemble: dict[ScoredSplit, EnsembleMetrics]


class IterationOut(Answer):
    id: int
    project_id: int
    index: int
    stage: Stage
    plan: Plan
    training_set_sha256: str
    training_set_counts: TrainingSetCounts
    labelling_id: int | None
    audit_id: int | None
    metrics: MetricsOut | None
    decisions: dict[str, dict[str, int]]
    created_at: datetime
    closed_at: datetime | None


class IterationDetail(IterationOut):
    runs: list[RunOut]
    jobs: list[JobOut]


class RecipeOut(Answer):
    name: str
    recipe: Recipe
