"""What came in with a source, counted; or what would."""

from collections.abc import Mapping
from dataclasses import dataclass

from overread.domain.sources import ClassCount, SourceNote
from overread.domain.words import Split


@dataclass(frozen=True)
class SplitCount:
    """Films and patients of the source in a split, and the most films of one patient."""

    split: Split
    films: int
    patients: int
    most_of_one: int

    @property
    def sentence(self) -> str:
        """In words."""
        most = f", at most {self.most_of_one} of one" if self.most_of_one > 1 else ""
        return f"{self.split}: {self.films:,} films of {self.patients:,} patients{most}."


@dataclass(frozen=True)
class MaskSize:
    """A mask's share of its film, 0 to 1."""

    file_name: str
    share: float

    @property
    def words(self) -> str:
        """As percent, and whose."""
        return f"{100 * self.share:.2g} % ({self.file_name})"


@dataclass(frozen=True)
class FindingCount:
    """Of a finding in a split: films that show it, that are known not to, and of which nobody said; and of those that
    show it the least and the largest mask, None without any. All that is by masks. ``boxed``: films with a box of it;
    ``present``, ``absent``, ``uncertain``: of which somebody said so as a whole, each film once for each word."""

    finding: str
    split: Split
    lesion: int
    no_lesion: int
    unknown: int
    least: MaskSize | None
    largest: MaskSize | None
    boxed: int = 0
    present: int = 0
    absent: int = 0
    uncertain: int = 0

    @property
    def sentence(self) -> str:
        """In words."""
        told = f"{self.finding}, {self.split}: {self.lesion:,} with it, {self.no_lesion:,} without"
        told += f", {self.unknown:,} unknown"
        if self.least is not None and self.largest is not None:
            told += f"; masks from {self.least.words} to {self.largest.words} of their film"
        if self.present or self.absent or self.uncertain:
            told += f"; said of whole films: {self.present:,} present, {self.absent:,} absent"
            told += f", {self.uncertain:,} uncertain"
        return f"{told}; boxes on {self.boxed:,}." if self.boxed else f"{told}."


@dataclass(frozen=True)
class Refused:
    """Files that were refused for one reason, and the first of them by name."""

    reason: str
    files: int
    such_as: str


@dataclass(frozen=True)
class ChangedMasks:
    """Of a finding in a split the films whose mask has given way since it came."""

    finding: str
    split: Split
    films: int

    @property
    def sentence(self) -> str:
        """In words."""
        return f"{self.finding}, {self.split}: {self.films:,} masks gave way to newer ones."


@dataclass(frozen=True)
class OlderMasks:
    """Masks in an iteration's training set that newer ones stand for now."""

    iteration: int
    masks: int

    @property
    def sentence(self) -> str:
        """In words."""
        return f"Iteration {self.iteration} learned from {self.masks:,} masks in whose place newer ones stand now."


@dataclass(frozen=True)
class SourceReport:
    """A source as it lies here now, after all of its imports; also what has changed since it came, and which iterations
    learned from what was there before."""

    splits: list[SplitCount]
    findings: list[FindingCount]
    classes: list[ClassCount]
    refused: list[Refused]
    changed: list[ChangedMasks]
    older: list[OlderMasks]


@dataclass(frozen=True)
class RefusedFile:
    """A file that was refused, and why."""

    file_name: str
    reason: str


@dataclass(frozen=True)
class Foreseen:
    """What an import would say: how many files would be added, unchanged and refused; the first of the refused ones;
    the source as it would lie here, and what is to be told of it."""

    outcomes: Mapping[str, int]
    refused: list[RefusedFile]
    report: SourceReport
    notes: list[SourceNote]
