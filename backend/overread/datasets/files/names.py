"""Which of a project's findings a source means by its own words."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from overread.datasets.files.files import nfc
from overread.domain.errors import InvalidInput

# Other words for the same. Words that mean more (Nodule/Mass, Lung Lesion, Lung Opacity) are not among them: a user who
# knows better says so.
SYNONYMS = {
    "effusion": "pleural_effusion",
    "pleural_effusions": "pleural_effusion",
    "pulmonary_fibrosis": "fibrosis",
    "lung_fibrosis": "fibrosis",
    "lung_consolidation": "consolidation",
    "pulmonary_consolidation": "consolidation",
    "pulmonary_nodule": "nodule",
    "lung_nodule": "nodule",
    "infiltrate": "infiltration",
}
AS_THEY_ARE: dict[str, str] = {}  # a reader's names where the user says nothing
FindingOf = Callable[[str], str | None]


def naming(findings: list[str], names: Mapping[str, str]) -> FindingOf:
    """Tells which of the project's ``findings`` a name means, None for none of them. ``names`` is what a user says: the
    source's name to a finding, or to "" for one that is left out; it outranks the synonyms. The case of letters, spaces
    and accents' spelling do not count. Raises InvalidInput for a finding that the project does not have, and for a name
    that is said to mean two."""
    said: dict[str, str] = {}
    for name, finding in names.items():
        if finding != "" and finding not in findings:
            raise InvalidInput(
                f"{name!r} is said to be {finding!r}, and this project has {', '.join(findings)}. "
                'Name one of them, or "" to leave it out.'
            )
        if said.setdefault(plain(name), finding) != finding:
            raise InvalidInput(f"{name!r} is said to be {finding!r}, and in another spelling something else.")

    def finding_of(name: str) -> str | None:
        word = plain(name)
        meant = said.get(word, word if word in findings else SYNONYMS.get(word, ""))
        return meant if meant in findings else None

    return finding_of


def classes_of(known: Sequence[str], names: Mapping[str, str], words: Callable[[], Iterable[str]]) -> dict[str, str]:
    """A source's classes by their plain names: those that are ``known``, and what a user names beside them of the
    ``words`` that its tables have, looked up only then. Raises InvalidInput for a name that is neither: nobody would
    have marked it, and it would be absent on each film."""
    classes = {plain(name): name for name in known}
    if beside := {plain(name): name for name in names if plain(name) not in classes}:
        told = {plain(word) for word in words()} - {""}
        for key, name in beside.items():
            if key not in told:
                raise InvalidInput(
                    f"{name!r} is said to be {names[name]!r}, and the source has no such class. Its classes are "
                    f"{', '.join(known)}. Name one of them, or a word of its tables."
                )
    return classes | beside


def plain(name: str) -> str:
    """A name as ids of findings are written: Pleural Effusion is pleural_effusion."""
    return re.sub(r"\W+", "_", nfc(name).casefold()).strip("_")
