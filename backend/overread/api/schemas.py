"""What goes over the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from overread.domain.imaging.masks import Rle
from overread.domain.learning.reports import JobProgress
from overread.domain.policy.plan import LEAST_RISK
from overread.domain.sampling.streams import MOST_READS
from overread.domain.words import (
    Decision,
    ImportOutcome,
    JobKind,
    JobState,
    Role,
    SourceRemark,
    SourceRole,
    Split,
    Verdict,
)

STRANGERS = 20
MOST_PIXELS = 50_000_000  # of a film
MOST_BYTES = 16 << 20  # of a body with masks


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


# Every number has bounds and every text an end: what goes into arithmetic, a column or a path was looked at here.
Name = Annotated[str, Field(max_length=100)]
Id = Annotated[int, Field(ge=0, lt=2**63)]
Reads = Annotated[int, Field(ge=0, le=MOST_READS)]
Risk = Annotated[float, Field(ge=LEAST_RISK, le=1 - LEAST_RISK)]
Share = Annotated[float, Field(ge=0, le=1)]


# A recipe, or a reader's options, as sent: settings, and tables of them. What each may be, its reader says by its name.
Setting = Annotated[str, Field(max_length=1000)] | bool | Annotated[int | float, Field(ge=-1e9, le=1e9)]
Settings = Annotated[dict[Name, Setting], Field(max_length=200)]
RecipeIn = Annotated[
    dict[Name, Setting | Annotated[dict[Name, Setting | Settings], Field(max_length=200)]], Field(max_length=200)
]


# --- people
class AccountOut(Answer):
    id: int
    name: str
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
    options: RecipeIn = Field(default_factory=dict)


class SourceNoteOut(Answer):
    remark: SourceRemark
    films: int
    finding: str | None
    split: str | None
    names: list[str]
    iteration: int | None
    sentence: str


class SourceOut(Answer):
    id: int
    name: str
    reader: str
    role: SourceRole
    licence: str
    namespace: str
    counts: dict[str, int]
    notes: list[SourceNoteOut]


class ImportLineOut(Answer):
    file_name: str
    outcome: ImportOutcome
    reason: str | None
    image_id: int | None


class SplitCountOut(Answer):
    """Films and patients of a source in a split, and the most films of one patient."""

    split: Split
    films: int
    patients: int
    most_of_one: int


class MaskSizeOut(Answer):
    """A mask's share of its film, 0 to 1."""

    file_name: str
    share: float


class FindingCountOut(Answer):
    """Of a finding in a split, by masks: films that show it, that are known not to, and of which nobody said; the least
    and the largest mask, null without any. Without masks: films with a box of it (``boxed``), and films of which
    somebody said that it is present, absent or uncertain, each film once for each word."""

    finding: str
    split: Split
    lesion: int
    no_lesion: int
    unknown: int
    least: MaskSizeOut | None
    largest: MaskSizeOut | None
    boxed: int
    present: int
    absent: int
    uncertain: int


class ClassCountOut(Answer):
    """What a source itself calls a finding, the films that came with that name, and the project's finding that it is
    taken for, null where it is left out."""

    name: str
    films: int
    finding: str | None


class RefusedOut(Answer):
    """Files that were refused for one reason, and the first of them by name."""

    reason: str
    files: int
    such_as: str


class ChangedMasksOut(Answer):
    """Of a finding in a split the films whose mask has given way to a newer one."""

    finding: str
    split: Split
    films: int


class OlderMasksOut(Answer):
    """Masks in an iteration's training set that newer ones stand for now."""

    iteration: int
    masks: int


class SourceReportOut(Answer):
    """A source as it lies here now, after all of its imports; of ``refused`` the twenty most frequent reasons.
    ``older``: iterations that learned from masks that have changed since."""

    splits: list[SplitCountOut]
    findings: list[FindingCountOut]
    classes: list[ClassCountOut]
    refused: list[RefusedOut]
    changed: list[ChangedMasksOut]
    older: list[OlderMasksOut]


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
    row_spacing_mm: float | None
    column_spacing_mm: float | None
    view: str | None
    sex: str | None
    age: float | None


# --- masks
class RleIn(Body):
    """A mask: ``size`` is [height, width], ``counts`` COCO compressed."""

    size: list[Annotated[int, Field(ge=1, le=MOST_PIXELS)]] = Field(min_length=2, max_length=2)
    counts: str = Field(max_length=MOST_BYTES)

    def rle(self) -> Rle:
        height, width = self.size
        return Rle((height, width), self.counts)


class RleOut(Answer):
    size: list[int]
    counts: str


class BoxOut(Answer):
    """The smallest rectangle around one 8-connected region, in film pixels from the upper left: x ≤ column < x + width,
    y ≤ row < y + height."""

    x: int
    y: int
    width: int
    height: int


# --- pseudo labels
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
