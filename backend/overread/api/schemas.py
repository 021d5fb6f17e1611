"""What goes over the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from overread.domain.imaging.evaluation import EnsembleMetrics, Metrics
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.reports import EpochReport, JobProgress, StartReport, TrainingSetCounts
from overread.domain.policy.plan import DEFAULT, LEAST_RISK, Plan
from overread.domain.sampling.streams import MOST_READS
from overread.domain.words import (
    Decision,
    Errors,
    Family,
    Half,
    ImportOutcome,
    JobKind,
    JobState,
    Role,
    ScoredSplit,
    SourceRole,
    Split,
    Stage,
    Thresholds,
    Verdict,
)

STRANGERS = 20


class Body(BaseModel):
    """What a client sends: an unknown field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few_strangers(cls, sent: Any) -> Any:
        """Each unknown field is an error of its own to make and to tell: of very many, one is enough."""
        if isinstance(sent, dict) and len(sent) > len(cls.model_fields) + STRANGERS:
            raise PydanticCustomError("too_many_fields", "There are far more fields here than this request has")
        return sent


# What we send has every field, those with a default too: the generated client has none that is falsely optional.
EXACT = ConfigDict(json_schema_serialization_defaults_required=True)


class Answer(BaseModel):
    """What we send: read straight from rows."""

    model_config = ConfigDict(from_attributes=True) | EXACT


Json = dict[str, Any]
# Every number has bounds and every text an end: what goes into arithmetic, a column or a path was looked at here.
Name = Annotated[str, Field(max_length=100)]
Id = Annotated[int, Field(ge=0, lt=2**63)]
Reads = Annotated[int, Field(ge=0, le=MOST_READS)]
Risk = Annotated[float, Field(ge=LEAST_RISK, le=1 - LEAST_RISK)]
Share = Annotated[float, Field(ge=0, le=1)]


def _storable(sent: Json) -> Json:
    """A table of free form as it may be stored: texts of Unicode without NUL, numbers that JSON has."""
    open_ = [sent]
    while open_:
        one: Any = open_.pop()
        open_ += [*one.keys(), *one.values()] if isinstance(one, dict) else one if isinstance(one, list) else ()
        text = isinstance(one, str) and ("\0" in one or any("\ud800" <= letter <= "\udfff" for letter in one))
        if text or (isinstance(one, int | float) and not abs(one) < 2**63):
            raise PydanticCustomError("unstorable", "A text with a NUL or half a letter, or a number beyond 64 bits")
    return sent


# A recipe as a client sends it: settings, and tables of them. What each may be is the domain's to say, by name.
Setting = Annotated[str, Field(max_length=1000)] | bool | Annotated[int | float, Field(ge=-1e9, le=1e9)]
Settings = Annotated[dict[Name, Setting], Field(max_length=200)]
RecipeIn = Annotated[
    dict[Name, Setting | Annotated[dict[Name, Setting | Settings], Field(max_length=200)]], Field(max_length=200)
]
JsonIn = Annotated[Json, Field(max_length=200), AfterValidator(_storable)]


# --- signing in
class LinkIn(Body):
    token: str = Field(max_length=200)
    password: str | None = Field(None, max_length=256)


class SignInIn(Body):
    name: str = Field(max_length=256)  # composed and stripped, a name has 64
    password: str = Field(max_length=256)


class AccountOut(Answer):
    id: int
    name: str
    role: Role


class InviteIn(Body):
    name: str = Field(max_length=256)
    role: Role


class InviteOut(Answer):
    link: str
    account: AccountOut
    replaced: int  # older links of this account, unused, that work no longer


class RoleIn(Body):
    role: Role


# --- projects and sources
class ProjectIn(Body):
    name: str = Field(min_length=1, max_length=100)
    findings: list[Name] = Field(min_length=1, max_length=8)
    seed: int = Field(0, ge=0, lt=2**31)
    holdout: float = Field(0.05, ge=0, le=0.5)


class ProjectOut(Answer):
    id: int
    name: str
    findings: list[str]


class SourceIn(Body):
    name: str = Field(min_length=1, max_length=100)
    reader: Name
    role: SourceRole
    licence: str = Field(max_length=500)
    path: str | None = Field(None, max_length=1000)
    namespace: str | None = Field(None, max_length=100)
    options: JsonIn = Field(default_factory=dict)


class SourceOut(Answer):
    id: int
    name: str
    reader: str
    role: SourceRole
    licence: str
    namespace: str
    counts: dict[str, int]


class ImportLineOut(Answer):
    file_name: str
    outcome: ImportOutcome
    reason: str | None
    image_id: int | None


class JobOut(Answer):
    id: int
    kind: JobKind
    state: JobState
    progress: JobProgress
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
    split: Split
    spacing_mm: float | None
    view: str | None
    sex: str | None
    age: float | None


# --- iterations
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
    red_line: float = Field(DEFAULT.red_line, ge=LEAST_RISK, le=1)
    holdout_margin: float = Field(DEFAULT.holdout_margin, ge=LEAST_RISK, le=1)
    subgroup_margin: float = Field(DEFAULT.subgroup_margin, ge=LEAST_RISK, le=1)


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
    verdict: Verdict | None


class PseudoLabelPage(Answer):
    labels: list[PseudoLabelOut]
    next: str | None
