"""What previews say over the wire."""

from overread.api.schemas import (
    Answer,
    JobOut,
    RecipeIn,
    Setting,
    Settings,
    SourceNoteOut,
    SourceReportOut,
)
from overread.domain.words import SourceRole


class RefusedFileOut(Answer):
    """A file that would be refused, and why."""

    file_name: str
    reason: str


class ForeseenOut(Answer):
    """What an import would say: how many files would be added, unchanged and refused, and the source as it would lie
    here."""

    outcomes: dict[str, int]
    report: SourceReportOut
    notes: list[SourceNoteOut]


class ReaderOptionOut(Answer):
    """An option of a reader, and what it is where nobody says anything."""

    name: str
    default: Setting | Settings


class ReaderOut(Answer):
    """A reader, a sentence of what it reads, and its options."""

    name: str
    sentence: str
    needs_folder: bool
    options: list[ReaderOptionOut]


class FoldersOut(Answer):
    """The folders in one below the import folder; more: whether there are further ones."""

    path: str
    folders: list[str]
    more: bool


class AskedOut(Answer):
    """A source as somebody would import it: what was sent."""

    name: str
    reader: str
    role: SourceRole
    licence: str
    path: str | None
    namespace: str | None
    options: RecipeIn


class PreviewOut(Answer):
    """A preview: what was asked, how far its job is, and what that found; null until it is done."""

    project_id: int
    job: JobOut
    asked: AskedOut
    found: ForeseenOut | None
