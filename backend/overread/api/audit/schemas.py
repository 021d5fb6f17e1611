"""What an audit sends over the wire: cases, verdicts."""

from datetime import datetime

from pydantic import Field

from overread.api.schemas import Answer, Body, BoxOut, Id, ImageOut, Name, RleIn, RleOut
from overread.domain.policy.plan import AuditDesign
from overread.domain.words import Adopted, Decision, LateWhy, Stream, Verdict
from overread.services.audit.reads import FindingRead
from overread.services.gate.standing import GateStanding


class AuditOut(Answer):
    """``closed``: it takes no read. ``gate`` is null for a reader while it is open: counts would tell the streams."""

    id: int
    project_id: int
    iteration_id: int
    index: int
    labelling_id: int
    design: AuditDesign | None
    notes: list[str]
    cases: int
    cases_done: int
    items: int
    items_done: int
    findings: list[str]
    closed: bool
    gate: GateStanding | None


class StratumOut(Answer):
    """``number`` is what items carry; ``size`` its units, ``population`` N_h those of them that the gate speaks of,
    ``reads`` how many each stream drew."""

    number: int
    finding: str
    decision: Decision
    held: bool
    size: int
    population: int | None
    reads: dict[Stream, int]


class RedrawOut(Answer):
    same: bool
    items: int


class CaseRowOut(Answer):
    id: int
    position: int
    image_id: int
    file_name: str
    done: bool
    leased: bool
    findings: list[str]


class TeacherOut(Answer):
    """What one network of the ensemble marked, cut at the ensemble's threshold; ``number``: its place in the plan, from
    1."""

    number: int
    mask: RleOut


class SiblingOut(Answer):
    """A save that came too late, kept beside the read that counts; no ``mask``: the reader could not tell."""

    id: int
    reader: str
    mine: bool
    created_at: datetime
    verdict: Verdict
    mask: RleOut | None


class OtherReadOut(Answer):
    """What somebody else said of this finding, or anybody in the audit of another ``iteration``."""

    id: int
    reader: str
    mine: bool
    iteration: int
    verdict: Verdict
    mask: RleOut | None


class CaseFindingOut(Answer):
    """``verdict``, ``note``, ``flagged``, ``read``: this account's own, in this very case. ``others``: told once it has
    given a verdict. ``boxes``: one a region of ``pseudo``. ``shown``: the hash of the mask to judge. ``members``: each
    network's presence. ``teachers``: each one's own mask; none where they are not kept (a lone network, a finding that
    none marked, labels from before they were)."""

    finding: str
    drawn: bool
    decision: Decision | None
    presence: float | None
    agreement: float | None
    pseudo: RleOut | None
    boxes: list[BoxOut]
    members: list[float]
    teachers: list[TeacherOut]
    public: RleOut | None
    previous: RleOut | None
    verdict: Verdict | None
    note: str | None
    flagged: bool
    read: RleOut | None
    frozen: RleOut | None
    shown: str | None
    others: list[OtherReadOut]
    siblings: list[SiblingOut]


class CaseOut(Answer):
    """``blind``: draw before anything is shown; findings then say nothing but which of them to draw. Once that read is
    saved it is ``frozen``, and the case as claimed again shows the masks. ``why``: nothing can be decided here any
    more; what is saved all the same is kept beside."""

    id: int
    audit_id: int
    position: int
    image: ImageOut
    labelling_id: int
    tau_mask: float
    blind: bool
    why: LateWhy | None
    fence: int
    version: int
    done: bool
    lease_seconds: float
    findings: list[CaseFindingOut]


class VerdictIn(Body):
    """A fix may say where its mask comes from: ``adopted``, and whose with ``teacher`` (its number). ``shown``: the
    hash of the mask that was judged, as the case told it; a read of another mask than the one shown now is refused."""

    finding: Name
    verdict: Verdict
    mask: RleIn | None = None
    note: str | None = Field(None, max_length=2000)
    flagged: bool = False
    threshold: float | None = Field(None, ge=1e-6, le=1)
    adopted: Adopted | None = None
    teacher: int | None = Field(None, ge=1, le=1000)
    touched_up: bool | None = None
    shown: str | None = Field(None, pattern="^[0-9a-f]{64}$")

    def said(self) -> FindingRead:
        mask = self.mask.rle() if self.mask is not None else None
        return FindingRead(**self.model_dump(exclude={"mask"}), mask=mask)


class ReadIn(Body):
    image_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    fence: Id
    seconds: float = Field(ge=0, le=86_400)
    verdicts: list[VerdictIn] = Field(min_length=1, max_length=8)


class ReadOut(Answer):
    """``sibling``: kept beside, counted nowhere; ``beside`` names the findings that were kept so, ``why`` what is
    final."""

    case: int
    version: int
    sibling: bool
    why: LateWhy | None = None
    beside: list[str] = Field(default_factory=list)
    done: bool
    masks: dict[str, str]
    blind: bool = False


class KeptBeside(ReadOut):
    """A refusal (RFC 9457) of what is kept all the same: the read is final, or its audit closed."""

    type: str
    title: str
    status: int
    detail: str


class LeaseIn(Body):
    fence: Id


class LeaseOut(Answer):
    lease_seconds: float
