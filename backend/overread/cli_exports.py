"""What goes out, from the command line: ``export`` for labels, ``export-manifest`` for a training set."""

import sys
from pathlib import Path
from typing import Annotated, get_args

import typer

from overread.console import AsJson, console, film_counter, installation, show
from overread.domain.words import Decision, ExportFormat, ExportSplit, ToldBy

app = typer.Typer()


@app.command()
def export(
    form: Annotated[ExportFormat, typer.Argument(metavar="FORMAT", help=", ".join(get_args(ExportFormat)))],
    project: Annotated[str, typer.Argument(help="Project name.")],
    to: Annotated[Path, typer.Option(help="The file to write; of many files a new folder.")],
    source: Annotated[str | None, typer.Option(help="Films of this source alone.")] = None,
    iteration: Annotated[int | None, typer.Option(help="Whose machine speaks (default: the newest).")] = None,
    finding: Annotated[str | None, typer.Option(help="This finding alone.")] = None,
    decision: Annotated[Decision | None, typer.Option(help="What the machine decided, read or not.")] = None,
    by: Annotated[ToldBy | None, typer.Option(help="Whose word stands; only public brings public labels.")] = None,
    reader: Annotated[str | None, typer.Option(help="By this person's word; of a source, its own reader.")] = None,
    split: Annotated[ExportSplit | None, typer.Option(help="Films of this split alone.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the labels that stand: what people said, and a machine where nobody did. Begun again, a folder goes on.
    statements and source-boxes: what sources say beside masks."""
    from overread.services.exports import formats
    from overread.services.exports.labels import LabelFilter
    from overread.services.films.projects import get_project_named

    where = LabelFilter(source, iteration, finding, decision, by, reader, split)
    with installation() as (_settings, database, blobs), film_counter("of") as progress:
        with database.transaction() as session:
            found = formats.settle(session, get_project_named(session, project).id, where, form)
        task = progress.add_task(f"exporting {form}", total=found.films)
        counts = formats.write(
            database, blobs, found, form, to, lambda films: progress.advance(task, films), console.print
        )
    show({"written": str(to), **counts}, as_json)


@app.command("export-manifest")
def export_manifest(
    sha256: Annotated[str, typer.Argument(help="The training set's name.")],
    to: Annotated[Path | None, typer.Option(help="File to write (default: standard output).")] = None,
) -> None:
    """Write a training set's frozen manifest: JSON lines whose SHA-256 is its name."""
    from overread.services.loop.training_sets import manifest_bytes

    with installation() as (_settings, database, blobs), database.transaction() as session:
        data = manifest_bytes(session, blobs, sha256)
    if to is None:
        sys.stdout.buffer.write(data)
    else:
        to.write_bytes(data)
