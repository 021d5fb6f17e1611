"""What goes out: a film and what is said of it, each label with the machine and the person behind it."""

from dataclasses import dataclass

from overread.domain.imaging.masks import Rle
from overread.domain.words import Decision, ExportSplit, PublicVerdict, Stream, Told, ToldBy, Verdict


@dataclass(frozen=True)
class Film:
    """A film as it is told of. ``patient`` is this installation's number, never the key that the films came with, which
    may be a hospital's; ``split`` "holdout": nobody may ever train on it. Spacings from row to row and from column to
    column, ``age`` in years."""

    file: str
    sha256: str
    source: str
    patient: str
    split: ExportSplit
    width: int
    height: int
    bits: int
    row_spacing_mm: float | None
    column_spacing_mm: float | None
    view: str | None
    sex: str | None
    age: float | None


@dataclass(frozen=True)
class Machine:
    """What an ensemble said, and with what: its iteration's number, its networks' checkpoints by SHA-256, and the
    presences (``tau_neg``, ``tau_pos``) and the probability of a pixel (``tau_mask``) that it decided by. ``weight`` is
    the label's own, before any certificate's."""

    iteration: int
    checkpoints: tuple[str, ...]
    tau_neg: float
    tau_pos: float
    tau_mask: float
    decision: Decision
    presence: float
    agreement: float
    risk: float
    weight: float


@dataclass(frozen=True)
class Word:
    """Who said it, how and when (ISO 8601). ``stream`` is null for a word on a public label; ``judge``: between two
    readers."""

    reader: str
    verdict: Verdict | PublicVerdict
    stream: Stream | None
    judge: bool
    at: str


@dataclass(frozen=True)
class Label:
    """What stands of one finding on one film. ``mask`` has the film's size, and is empty for no lesion; of an uncertain
    finding it is what the machine proposed, or None. ``at``: since when (ISO 8601). ``machine``: whose label it is, or
    which was read. ``kept_out``: it was found wrong, and stays out of every training set here to see whether the error
    comes back."""

    finding: str
    told: Told
    by: ToldBy
    mask: Rle | None
    at: str
    machine: Machine | None = None
    read: Word | None = None
    kept_out: bool = False


@dataclass(frozen=True)
class LabelledFilm:
    """A film and its labels, in the project's order of findings. Of a finding without one nobody looked."""

    film: Film
    labels: tuple[Label, ...]


@dataclass(frozen=True)
class LabelFilter:
    """Which labels go out. ``iteration``: whose machine speaks where nobody else did, the newest that labelled if none
    is named; ``decision``: of the machine, be it read or not; ``by`` "public": public labels instead of all else."""

    source: str | None = None
    iteration: int | None = None
    finding: str | None = None
    decision: Decision | None = None
    by: ToldBy | None = None
    reader: str | None = None
    split: ExportSplit | None = None

    def takes(self, label: Label) -> bool:
        """Whether a label goes out, by what it says of itself."""
        return (
            self.finding in (None, label.finding)
            and self.by in (None, label.by)
            and (self.decision is None or (label.machine is not None and label.machine.decision == self.decision))
            and (self.reader is None or (label.read is not None and label.read.reader == self.reader))
        )
