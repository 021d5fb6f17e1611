"""``overread import``: films in, and what is to be said of them."""

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress

from overread.console import AsJson, film_counter, installation, show
from overread.db.session import Database
from overread.db.tables import Source
from overread.domain.errors import InvalidInput, NoClassMeant
from overread.domain.source_reports import SourceReport
from overread.domain.sources import ClassCount
from overread.services.films.import_lines import Line
from overread.services.films.options import of_reader
from overread.services.films.report import source_report
from overread.storage import BlobStore

if TYPE_CHECKING:  # it brings half of scipy, and every command reads this file
    from overread.services.films.projects import NewSource

app = typer.Typer()
READER = (
    "phantom, folder; public collections: siim, nih, chexpert, mimic, vinbigdata, chestxdet; what tools write: coco, "
    "cvat, label-studio, nnunet, voc, dicom-seg."
)
Told = tuple[str, str, str]  # outcome, file and reason of a line that has one
NOTHING_STORED = "Nothing was stored: this is what the import would say."


@app.command("import")
def import_command(
    project: Annotated[str, typer.Argument(help="Project name; made if new.")],
    reader: Annotated[str, typer.Argument(help=READER)],
    path: Annotated[Path | None, typer.Argument(help="The source's folder.")] = None,
    name: Annotated[str | None, typer.Option(help="Source name (default: reader and role).")] = None,
    role: Annotated[str, typer.Option(help="labelled, external or pool.")] = "labelled",
    licence: Annotated[str, typer.Option(help="The source's licence, kept with it.")] = "not stated",
    namespace: Annotated[str | None, typer.Option(help="Whose patient keys these are.")] = None,
    options: Annotated[str, typer.Option(help="The reader's options, and shares, as JSON.")] = "{}",
    finding: Annotated[
        list[str] | None, typer.Option(help="A finding of a new project, up to eight times (default: the five).")
    ] = None,
    names: Annotated[
        Path | None, typer.Option(help="A CSV of the source's own names: name, finding, snomed, radlex.")
    ] = None,
    write_names: Annotated[
        Path | None, typer.Option(help="Where a dry run writes such a CSV, to be corrected and given as --names.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come in, and store nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import a source; a second time adds only what is new in it. How films, masks and patients lie in a folder:
    docs/import.md; what other tools write: docs/import-tools.md."""
    from overread.services.films.projects import NewSource

    if write_names is not None:
        _check_table(write_names, dry_run)
    folder = str(path.resolve()) if path else None
    new = NewSource(name or f"{reader}-{role}", reader, role, licence, folder, namespace, _said(options, names))
    try:
        _import(project, finding, new, dry_run, write_names, as_json)
    except NoClassMeant as error:
        if write_names is not None:
            _write_unmeant(write_names, error.classes, new)
        raise


def _import(
    project: str, findings: list[str] | None, new: "NewSource", dry_run: bool, write_names: Path | None, as_json: bool
) -> None:
    """Import it, or find out what that would do; and say what it came to."""
    from overread.db.tables import Source
    from overread.services.films import imports, names_file, preview, projects

    with (
        installation() as (_settings, database, blobs),
        preview.rehearsed(database, blobs) if dry_run else nullcontext((database, blobs)) as (rows, pixels),
        film_counter() as progress,
    ):
        with rows.transaction() as session:
            row = projects.project_of(session, project, findings)
            source = projects.create_source(session, row.id, new)
        counts, told = _told_by(progress, rows, pixels, source)
        with rows.transaction() as session:
            notes = [note.sentence for note in projects.told_of(session, session.get_one(Source, source.id))]
            found = source_report(session, source.id)
    _show(None if dry_run else (row.id, source.id), counts, told, found, notes, as_json)
    if write_names is not None:
        names_file.write_names(write_names, found.classes, new.options)
    imports.refuse_nothing(counts)


def _told_by(progress: Progress, rows: Database, pixels: BlobStore, source: Source) -> tuple[Counter[str], list[Told]]:
    """Import it, and show how far it is."""
    from overread.datasets import count_films
    from overread.services.films.imports import import_source

    told: list[Told] = []
    task = progress.add_task(
        f"importing {source.name}", total=count_films(source.reader, source.path, of_reader(source.options))
    )

    def on_line(line: Line) -> None:
        progress.advance(task)
        told.extend([(line.outcome, line.file_name, line.reason)] if line.reason else [])

    return import_source(rows, pixels, source.id, on_line), told


def _show(
    stored: tuple[int, int] | None,
    counts: Mapping[str, int],
    told: list[Told],
    found: SourceReport,
    notes: list[str],
    as_json: bool,
) -> None:
    """What an import came to: each refusal, what is said of films that came in, once where it is said of many; then all
    that lies here of the source. ``stored``: the numbers of project and source; None where all of it was undone."""
    refused = [(file, reason) for outcome, file, reason in told if outcome == "refused"]
    others = [line for line in told if line[0] != "refused"]
    if as_json:
        refusals = [{"file": file, "reason": reason} for file, reason in refused]
        remarks = [{"file": file, "outcome": outcome, "reason": reason} for outcome, file, reason in others]
        project, source = stored or (None, None)
        numbers = {"stored": stored is not None, "project": project, "source": source, **counts}
        show({**numbers, "refusals": refusals, "remarks": remarks, "notes": notes, "report": asdict(found)}, True)
        return
    times = Counter((outcome, reason) for outcome, _file, reason in others)
    alone = [f"{outcome} {file}: {reason}" for outcome, file, reason in others if times[outcome, reason] == 1]
    alike = [f"{outcome} {count:,} films: {reason}" for (outcome, reason), count in times.items() if count > 1]
    here = [*(one.sentence for one in found.splits), *(one.sentence for one in found.findings)]
    here += [*(one.sentence for one in found.changed), *(one.sentence for one in found.older)]
    here += [one.sentence for one in found.classes]
    refusals_told = [f"refused {file}: {reason}" for file, reason in refused]
    where = f"source {stored[1]} of project {stored[0]}" if stored else NOTHING_STORED
    show([where, *counts.items(), *refusals_told, *alone, *alike, *here, *notes], False)


def _check_table(file: Path, dry_run: bool) -> None:
    from overread.services.films.names_file import check_new

    if not dry_run:
        raise InvalidInput("--write-names goes with --dry-run: what is imported keeps the names it came with.")
    check_new(file)


def _write_unmeant(file: Path, classes: list[str], new: "NewSource") -> None:
    """The table of classes of which none means a finding, so that nothing of the source was read."""
    from overread.services.films.imports import spelt
    from overread.services.films.names_file import write_names

    write_names(file, [ClassCount(spelt(name), 0, None) for name in classes], new.options)


def _said(options: str, names: Path | None) -> dict[str, Any]:
    """The options, with those that a table of names says."""
    from overread.services.films.names_file import read_names

    said, told = _options(options), read_names(names) if names else {}
    if twice := said.keys() & told.keys():
        raise InvalidInput(f"--names and the option {min(twice)} of --options say the same. Keep one of them.")
    return said | told


def _options(text: str) -> dict[str, Any]:
    try:
        options = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"--options is no JSON: {error}.") from None
    if not isinstance(options, dict):
        raise InvalidInput("--options is a JSON object, such as '{\"count\": 100}'.")
    return options
