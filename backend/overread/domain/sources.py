"""What an import tells of its source beside its refusals: what is amiss, and what it calls its findings."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from overread.domain.words import SourceRemark


@dataclass(frozen=True)
class SourceNote:
    """What is amiss: ``films`` that name no patient (``alone``), that all name one (``one_patient``), or that have a
    near twin in another split (``twins``; ``names``: such a film and its twin, as source/file) or may carry burned-in
    text (``lettering``), a ``split`` that got no
    film (``empty``), or a finding that no film has, or every one, of the source or of one ``split``; ``films`` is then
    how many others have it. Or ``films`` masks have changed since the newest ``iteration`` learned from them
    (``newer``), ``films`` files were refused since they contradict a film that is here (``disputed``; ``names``: both),
    or lie beside the films unread (``beside``; ``names``: the first of them)."""

    remark: SourceRemark
    films: int = 0
    finding: str | None = None
    split: str | None = None
    names: tuple[str, ...] = ()
    iteration: int | None = None

    @property
    def sentence(self) -> str:
        """In words."""
        where = f"{self.split} film" if self.split else "film"
        if self.remark == "empty":
            return f"No film was drawn into {self.split}: there are too few patients for its share."
        if self.remark == "everybody_has":
            return f"{self.finding}: every {where} has it."
        if self.remark == "nobody_has":
            others = f"; {self.films} of the others do" if self.split else ""
            return f"{self.finding}: no {where} has it{others}."
        if self.remark == "newer":
            return (
                f"{self.films:,} masks are newer than those that iteration {self.iteration} learned from: the next "
                "launch learns from them."
            )
        if self.remark == "one_patient":
            return (
                f"All {self.films:,} films are of one patient, so that all lie in one split. If they are of several, "
                "say so (a folder's patients.csv) before anything is trained."
            )
        return f"{self.films:,} {self._of_files}"

    @property
    def _of_files(self) -> str:
        """What is said of so many files."""
        such_as = f", such as {' and '.join(self.names)}" if self.names else ""
        if self.remark == "alone":
            return (
                "films name no patient: each is taken for a patient of its own. Where several are of "
                "one patient, say so (a folder's patients.csv), or that patient may lie on two sides of a split."
            )
        if self.remark == "twins":
            return (
                f"films have a near twin in another split{such_as}: what is "
                "learned from one is scored on the other. Films stay where they are; where that must not be, import "
                "them into a new project, without one of the two or as one patient's."
            )
        if self.remark == "disputed":
            return (
                f"files say something else than a film of the same pixels that is here{such_as}: labels "
                "of such films are disputed, and what came first stands. Find out which is right before it teaches."
            )
        if self.remark == "lettering":
            return (
                "films may carry burned-in text, as their lines say. Look at them before others see them: a name or a "
                "date in the pixels goes wherever the film goes."
            )
        kind = f"{PurePosixPath(self.names[0]).suffix} files" if self.names else "files"
        return (
            f"{kind} lie beside the films and are not read{such_as}. If they are labels, "
            "import them by the reader of their format, or as masks."
        )


@dataclass(frozen=True)
class ClassCount:
    """What a source itself calls a finding, the films that came with that name, and the project's finding that it is
    taken for: None where it is left out."""

    name: str
    films: int
    finding: str | None

    @property
    def sentence(self) -> str:
        """In words."""
        return f"{self.name} → {self.finding or 'left out'} ({self.films:,} films)"
