"""What the save of a read comes to."""

from dataclasses import dataclass, field

from overread.domain.words import LateWhy


@dataclass(frozen=True)
class SavedRead:
    """The answer to a save: the case as it stands now, and the SHA-256 of each finding's stored mask.

    ``sibling``: kept, but not counted; ``why`` names what is final (None: the case had changed hands or version).
    ``beside``: the findings that were kept so. ``blind``: this was the blind read of a film; it is frozen, and the case
    as it stands now shows the masks. The defaults are what answers of before these were told would have said.
    """

    case: int
    version: int
    sibling: bool
    done: bool
    masks: dict[str, str]
    blind: bool = False
    why: LateWhy | None = None
    beside: list[str] = field(default_factory=list)
