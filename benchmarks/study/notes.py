"""What a study is to be told of its films: whose nobody knows, near twins, and findings that a part is missing."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.study.plan import StudyPlan
from overread.domain.errors import InvalidInput
from overread_worker.ml.dataset import TrainingItem

Items = Sequence[TrainingItem]
SOURCE = "source"
# What a part without a finding, or with it alone, costs; nothing where development films all have it.
NOBODY = {
    "labelled": "only the oracle can learn it",
    "development": "it has no threshold, and so no Dice*",
    "test": "it has no score",
}
EVERYBODY = {"labelled": "networks learn only that it is there", "test": "it has no D-AUC and no iD-AUC"}


def tell(folder: Path, of: str | int, notes: Sequence[str]) -> None:
    """Say it now, and keep it for the report: of the source, or of a seed's draw."""
    for note in notes:
        print(_spoken(of, note), file=sys.stderr)
    file = folder / "notes" / f"{of}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(list(notes)))


def notes_of(plan: StudyPlan, folder: Path) -> list[str]:
    """All that was told of a study's films."""
    named: tuple[str | int, ...] = (SOURCE, *plan.seeds)
    files = {of: folder / "notes" / f"{of}.json" for of in named}
    return [_spoken(of, note) for of, file in files.items() if file.exists() for note in json.loads(file.read_text())]


def show_notes(notes: Sequence[str], console: Console) -> None:
    """Print them as a list."""
    if notes:
        console.print("\nOf these films:\n")
    for note in notes:
        console.print(f"- {note}", highlight=False, soft_wrap=True)


def _spoken(of: str | int, note: str) -> str:
    return note if of == SOURCE else f"Seed {of}: {note}"


def refuse_empty(split: Mapping[str, Items], findings: Sequence[str]) -> None:
    """Raise InvalidInput for a part without a film, and for a test set that could score no finding."""
    for part, items in split.items():
        if not items:
            raise InvalidInput(f"No patient is left for the {part} films. Give more films, or ask for fewer labelled.")
    if not any(_count(split["test"], finding)[0] for finding in findings):
        raise InvalidInput(f"No test film has {' or '.join(findings)}: nothing could be scored. Give more films.")


def missing(split: Mapping[str, Items], findings: Sequence[str]) -> Iterator[str]:
    """A sentence for each finding that a part cannot teach, choose a threshold for, or score."""
    for part, costs in NOBODY.items():
        for finding in findings:
            have, have_not = _count(split[part], finding)
            if not have:
                yield f"no {part} film has {finding}: {costs}."
            elif not have_not and part in EVERYBODY:
                yield f"every {part} film has {finding}: {EVERYBODY[part]}."


def _count(items: Items, finding: str) -> tuple[int, int]:
    """Films with it, and films known to be without it."""
    known = [item.counts[finding] is not None for item in items if finding in item.counts]
    return sum(known), len(known) - sum(known)
