"""What goes over the wire. No defaults in answers, so that the generated client has no field falsely optional."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.domain.gate import Errors, Family


class Body(BaseModel):
    """What a client sends: an unknown field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """What we send: read straight from rows."""

    model_config = ConfigDict(from_attributes=True)


Json = dict[str, Any]
Role = Literal["reader", "engineer", "admin"]
Decision = Literal["positive", "negative", "uncertain"]
VerdictWord = Literal["accept", "fix", "reject", "cannot_tell"]


# --- signing in
class LinkIn(Body):
    token: str = Field(max_length=200)
    password: str | None = Field(None, max_length=256)


class SignInIn(Body):
    name: str = Field(max_length=64)
    password: str = Field(max_length=256)


class AccountOut(Answer):
    id: int
    name: str
    role: Role


class InviteIn(Body):
    name: str = Field(max_length=64)
    role: Role


class InviteOut(Answer):
    link: str


# --- projects and sources
class ProjectIn(Body):
    name: str = Field(min_length=1, max_length=100)
    findings: list[str] = Field(min_length=1, max_length=8)
    seed: int = Field(0, ge=0, lt=2**31)
    holdout: float = Field(0.05, ge=0, le=0.5)


class ProjectOut(Answer):
    id: int
    name: str
    findings: list[str]


class SourceIn(Body):
    name: str = Field(min_length=1, max_length=100)
    reader: str
    role: Literal["labelled", "external", "pool"]
    licence: str = Field(max_length=500)
    path: str | None = Field(None, max_length=1000)
    namespace: str | None = Field(None, max_length=100)
    options: Json = Field(default_factory=dict)


class SourceOut(Answer):
    id: int
    name: str
    reader: str
    role: str
    licence: str
    namespace: str
    counts: dict[str, int]


class ImportLineOut(Answer):
    file_name: str
    outcome: Literal["added", "unchanged", "refused"]
    reason: str | None
    image_id: int | None


class JobOut(Answer):
    id: int
    kind: str
    state: str
    progress: Json
    error: str | None
    attempts: int
    stalled: bool
    started_at: datetime | None
    finished_at: datetime | None


class ImageOut(Answer):
    id: int
    file_name: str
    sha256: str
    width: int
    height: int
    bits: int
    split: str
    spacing_mm: float | None
    view: str | None
    sex: str | None
    age: float | None


# --- iterations
class LaunchIn(Body):
    recipes: list[str | Json] = Field(min_length=1, max_length=16)
    seed: int = Field(0, ge=0, lt=2**31)
    alpha: float = Field(0.1, gt=0, lt=1)
    delta: float = Field(0.05, gt=0, lt=1)
    errors: Errors = "called"
    family: Family = "finding"
    min_reads: int = Field(29, ge=0)
    measure: int = Field(40, ge=0)
    fix: int = Field(40, ge=0)
    sentinel: int = Field(40, ge=0)
    holdout: int = Field(20, ge=0)
    positives: int = Field(12, ge=0, le=100_000)
    minutes: float | None = Field(None, ge=0, le=1_000_000)
    seconds_per_read: float = Field(30, gt=0, le=3600)
    shares: list[int] = Field([50, 35, 10, 5], min_length=4, max_length=4)
    keep_out: float = Field(0.3, ge=0, le=1)
    second: float = Field(0.1, ge=0, le=1)
    withhold: list[str] = Field(default_factory=list)
    override: str | None = Field(None, max_length=2000)
    refresh: bool = False
    thresholds: Literal["hand", "certified", "weighted"] = "hand"
    red_line: float = Field(0.5, gt=0, le=1)
    holdout_margin: float = Field(0.1, gt=0, le=1)
    subgroup_margin: float = Field(0.2, gt=0, le=1)


class EncoderIn(Body):
    recipe: str | Json


class EncoderOut(Answer):
    id: int
    recipe: Json
    checkpoint_sha256: str | None
    values: Json
    job: JobOut | None


class RunOut(Answer):
    id: int
    position: int
    recipe: Json
    seed: int
    parameters: int | None
    checkpoint_sha256: str | None
    half: Literal["a", "b"] | None
    pictures: list[str]
    metrics: Json | None
    seconds: float | None
    epochs: list[Json]
    job: JobOut | None


class IterationOut(Answer):
    id: int
    project_id: int
    index: int
    stage: str
    plan: Json
    training_set_sha256: str
    training_set_counts: Json
    labelling_id: int | None
    audit_id: int | None
    metrics: Json | None
    decisions: dict[str, dict[str, int]]
    created_at: datetime
    closed_at: datetime | None


class IterationDetail(IterationOut):
    runs: list[RunOut]
    jobs: list[JobOut]


class GateOut(Answer):
    open: bool
    override: bool
    verdict: Json
    reason: str | None
    sha256: str | None
    created_at: datetime | None


class GateIn(Body):
    withhold: list[str] | None = None
    thresholds: Literal["hand", "certified", "weighted"] = "hand"
    override: str | None = Field(None, max_length=2000)


class RecipeOut(Answer):
    name: str
    recipe: Json


# --- pseudo labels
class RleOut(Answer):
    size: list[int]
    counts: str


class PseudoLabelOut(Answer):
    id: int
    image_id: int
    file_name: str
    source: str
    finding: str
    decision: Decision
    presence: float
    agreement: float
    variance: float | None
    stability: float | None
    risk: float
    weight: float
    public_dice: float | None
    area: int
    verdict: VerdictWord | None


class PseudoLabelPage(Answer):
    labels: list[PseudoLabelOut]
    next: str | None
