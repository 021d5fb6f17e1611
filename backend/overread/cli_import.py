"""``overread import``: films in, and what is to be said of them."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from overread.console import AsJson, file_counter, installation, show
from overread.domain.errors import InvalidInput
from overread.services.films.import_lines import Line
from overread.services.films.report import SourceReport, source_report

app = typer.Typer()
Told = tuple[str, str, str]  # outcome, file and reason of a line that has one


@app.command("import")
def import_command(
    project: Annotated[str, typer.Argument(help="Project name; made if new.")],
    reader: Annotated[str, typer.Argument(help="phantom, folder, chestxdet or siim.")],
    path: Annotated[Path | None, typer.Argument(help="The source's folder.")] = None,
    name: Annotated[str | None, typer.Option(help="Source name (default: reader and role).")] = None,
    role: Annotated[str, typer.Option(help="labelled, external or pool.")] = "labelled",
    licence: Annotated[str, typer.Option(help="The source's licence, kept with it.")] = "not stated",
    namespace: Annotated[str | None, typer.Option(help="Whose patient keys these are.")] = None,
    options: Annotated[str, typer.Option(help="The reader's options, and shares, as JSON.")] = "{}",
    finding: Annotated[
        list[str] | None, typer.Option(help="A finding of a new project, up to eight times (default: the five).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import a source; a second time adds only what is new in it. How films, masks and patients lie in a folder:
    docs/import.md."""
    from overread.db.tables import Source
    from overread.services.films import imports, projects

    with installation() as (_settings, database, blobs), file_counter() as progress:
        folder = str(path.resolve()) if path else None
        named = name or f"{reader}-{role}"
        new = projects.NewSource(named, reader, role, licence, folder, namespace, _options(options))
        with database.transaction() as session:
            row = projects.project_of(session, project, finding)
            source = projects.create_source(session, row.id, new)
        told: list[Told] = []
        task = progress.add_task(f"importing {new.name}", total=None)

        def on_line(line: Line) -> None:
            progress.advance(task)
            told.extend([(line.outcome, line.file_name, line.reason)] if line.reason else [])

        outcomes = imports.import_source(database, blobs, source.id, on_line)
        with database.transaction() as session:
            said = [note.sentence for note in projects.told_of(session, session.get_one(Source, source.id))]
            found = source_report(session, source.id)
    _show({"project": row.id, "source": source.id, **outcomes}, told, found, said, as_json)
    imports.refuse_nothing(outcomes)


def _show(counts: dict[str, int], told: list[Told], found: SourceReport, notes: list[str], as_json: bool) -> None:
    """What an import came to: each refusal, what is said of films that came in, once where it is said of many; then all
    that lies here of the source."""
    refused = [(file, reason) for outcome, file, reason in told if outcome == "refused"]
    others = [line for line in told if line[0] != "refused"]
    if as_json:
        refusals = [{"file": file, "reason": reason} for file, reason in refused]
        remarks = [{"file": file, "outcome": outcome, "reason": reason} for outcome, file, reason in others]
        show({**counts, "refusals": refusals, "remarks": remarks, "notes": notes, "report": asdict(found)}, True)
        return
    times = Counter((outcome, reason) for outcome, _file, reason in others)
    alone = [f"{outcome} {file}: {reason}" for outcome, file, reason in others if times[outcome, reason] == 1]
    alike = [f"{outcome} {count:,} films: {reason}" for (outcome, reason), count in times.items() if count > 1]
    here = [*(one.sentence for one in found.splits), *(one.sentence for one in found.findings)]
    here += [*(one.sentence for one in found.changed), *(one.sentence for one in found.older)]
    refusals_told = [f"refused {file}: {reason}" for file, reason in refused]
    show([*counts.items(), *refusals_told, *alone, *alike, *here, *notes], False)


def _options(text: str) -> dict[str, Any]:
    try:
        options = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"--options is no JSON: {error}.") from None
    if not isinstance(options, dict):
        raise InvalidInput("--options is a JSON object, such as '{\"count\": 100}'.")
    return options
