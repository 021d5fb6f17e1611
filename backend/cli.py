"""The command line: everything a person clicks, a script can call."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from backend import recipes as recipes_of
from backend.db.session import Database, migrate
from backend.domain.errors import OverreadError
from backend.domain.recipe import values as recipe_values
from backend.settings import Settings
from backend.storage import BlobStore

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Self-training, overread by radiologists.")
recipes = typer.Typer(no_args_is_help=True, help="The recipes of a training.")
app.add_typer(recipes, name="recipes")
console = Console(stderr=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


@contextmanager
def house(*, join: bool = True) -> Iterator[tuple[Settings, Database, BlobStore]]:
    """Settings, database and blobs: the servers that the environment names, else the private ones."""
    from backend.embedded import servers
    from backend.jobs import Sender

    with servers(Settings(), join=join) as settings:
        migrate(settings.database_url)
        database = Database(settings.database_url, Sender(settings.redis_url))
        try:
            yield settings, database, BlobStore(settings.blob_folder)
        finally:
            database.engine.dispose()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int, typer.Option(help="Also run a worker with this many processes.")] = 0,
) -> None:
    """Serve the API and the web. Without DATABASE_URL and REDIS_URL, on private servers in .overread/."""
    import uvicorn

    from backend.app import create_app

    with house(join=False) as (found, database, _blobs):
        address = {"host": host or found.host, "port": port or found.port}
        settings = Settings(**found.model_dump(exclude={"public_url"}) | address) if port or host else found
        _offer_set_up(settings, database)
        with _worker_beside(settings, workers):
            # A page that watches an iteration keeps its stream open: stopping must not wait for it.
            options = {"log_level": "warning", "timeout_graceful_shutdown": 3}
            uvicorn.run(create_app(settings), host=settings.host, port=settings.port, **options)  # type: ignore[arg-type]


@app.command()
def worker(
    queue: Annotated[str, typer.Option(help="Queues to take jobs from: gpu, cpu, or gpu,cpu.")] = "gpu,cpu",
    concurrency: Annotated[int, typer.Option(help="Jobs at a time.")] = 1,
) -> None:
    """Run jobs: train, evaluate, label, import."""
    from worker.app import create_worker

    with house() as (settings, _database, _blobs):
        # Each job's process gets its share of the cores: threads that fight over them make both slower.
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // concurrency)))
        os.environ.update(settings.environment())
        options = ["--queues", queue, "--concurrency", str(concurrency), "--loglevel", "WARNING", "--without-gossip"]
        create_worker(settings).start(["--quiet", "worker", *options, "--without-mingle", "--pool", "prefork"])


@app.command("migrate")
def migrate_command() -> None:
    """Bring the database to this version's tables."""
    migrate(Settings().database_url)


@app.command("import")
def import_command(
    project: Annotated[str, typer.Argument(help="Project name; made with the five findings if new.")],
    reader: Annotated[str, typer.Argument(help="phantom, folder, chestxdet or siim.")],
    path: Annotated[Path | None, typer.Argument(help="The source's folder.")] = None,
    name: Annotated[str | None, typer.Option(help="Source name (default: reader and role).")] = None,
    role: Annotated[str, typer.Option(help="labelled, external or pool.")] = "labelled",
    licence: Annotated[str, typer.Option(help="The source's licence, kept with it.")] = "not stated",
    namespace: Annotated[str | None, typer.Option(help="Whose patient keys these are.")] = None,
    options: Annotated[str, typer.Option(help="The reader's options, and shares, as JSON.")] = "{}",
    as_json: AsJson = False,
) -> None:
    """Import a source; a second time adds only what is new in it."""
    from backend.services import imports, projects

    with house() as (_settings, database, blobs), _progress() as progress:
        new = projects.NewSource(
            name or f"{reader}-{role}",
            reader,
            role,
            licence,
            str(path.resolve()) if path else None,
            namespace,
            json.loads(options),
        )
        with database.transaction() as session:
            row = projects.find_project(session, project) or projects.create_project(
                session, project, list(projects.FINDINGS)
            )
            source = projects.create_source(session, row.id, new)
        refused: list[imports.Line] = []
        task = progress.add_task(f"importing {new.name}", total=None)

        def on_line(line: imports.Line) -> None:
            progress.advance(task)
            if line.outcome == "refused":
                refused.append(line)

        outcomes = imports.import_source(database, blobs, source.id, on_line)
    lines = [{"file": line.file_name, "reason": line.reason} for line in refused]
    _print({"project": row.id, "source": source.id, **outcomes, "refusals": lines}, as_json)


@app.command()
def iterate(
    project: Annotated[str, typer.Argument(help="Project name.")],
    recipe: Annotated[list[str], typer.Option(help="A recipe, by name or file; once for each network.")],
    seed: int = 0,
    alpha: Annotated[float, typer.Option(help="The error the gate lets through.")] = 0.1,
    measure: Annotated[int, typer.Option(help="MEASURE reads a finding.")] = 40,
    fix: Annotated[int, typer.Option(help="FIX reads.")] = 40,
    min_reads: Annotated[int, typer.Option(help="Reads a finding that the gate asks for.")] = 29,
    withhold: Annotated[list[str] | None, typer.Option(help="A finding that adds no pseudo labels.")] = None,
    as_json: AsJson = False,
) -> None:
    """Launch the next iteration; a shut gate refuses it. Workers do the rest."""
    from backend.services import iterations, projects

    with house() as (_settings, database, blobs):
        launch = iterations.Launch(
            recipes=list(recipe),
            seed=seed,
            alpha=alpha,
            measure=measure,
            fix=fix,
            min_reads=min_reads,
            withhold=withhold or [],
        )
        with database.transaction() as session:
            row = projects.get_project_named(session, project)
        iteration = iterations.launch_iteration(database, blobs, row.id, launch)
    _print({"iteration": iteration.id, "index": iteration.index, "stage": iteration.stage}, as_json)


@app.command()
def report(project: Annotated[str, typer.Argument(help="Project name.")]) -> None:
    """Print what each iteration came to, as JSON."""
    from backend.services import projects, reports

    with house() as (_settings, database, _blobs), database.transaction() as session:
        _print(reports.project_report(session, projects.get_project_named(session, project).id), True)


@app.command("export-manifest")
def export_manifest(
    sha256: Annotated[str, typer.Argument(help="The training set's name.")],
    to: Annotated[Path | None, typer.Option(help="File to write (default: standard output).")] = None,
) -> None:
    """Write a training set's frozen manifest: JSON lines whose SHA-256 is its name."""
    with house() as (_settings, _database, blobs):
        data = blobs.get(sha256)
    if to is None:
        sys.stdout.buffer.write(data)
    else:
        to.write_bytes(data)


@app.command()
def invite(
    name: Annotated[str, typer.Argument(help="Sign-in name.")],
    role: Annotated[str, typer.Option(help="reader, engineer or admin.")] = "reader",
) -> None:
    """Print a one-time link that signs a person in."""
    from backend.services import accounts

    with house() as (settings, database, _blobs), database.transaction() as session:
        print(f"{settings.public_url}/sign-in#token={accounts.invite(session, name, role)}")


@app.command()
def demo(
    serve: Annotated[bool, typer.Option(help="Stay and serve; --no-serve plays the reader and exits.")] = True,
    report: Annotated[Path | None, typer.Option(help="Write the report here.")] = None,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path(".overread/demo"),
    port: Annotated[int, typer.Option(help="Port of the web.")] = 8000,
) -> None:
    """The whole loop on phantom films: teachers, pseudo labels, audit, gate, next iteration."""
    from backend.demo import run_demo

    run_demo(folder, port, stay=serve, report=report)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what is installed, what is missing, and the one command that mends it."""
    from backend.doctor import examine

    findings = examine(Settings())
    if as_json:
        _print([finding.__dict__ for finding in findings], True)
    else:
        table = Table("", "part", "what was found", "what to do")
        for finding in findings:
            table.add_row("✓" if finding.well else "✗", finding.part, finding.found, finding.remedy)
        Console().print(table)
    raise typer.Exit(0 if all(finding.well for finding in findings) else 1)


@app.command()
def openapi() -> None:
    """Print the OpenAPI document, from which the web's client is generated."""
    from backend.app import create_app

    settings = Settings(database_url="postgresql+psycopg://", redis_url="redis://", secret="0123456789abcdef" * 2)
    _print(create_app(settings).openapi(), True)


@recipes.command("list")
def list_recipes(as_json: AsJson = False) -> None:
    """Name the recipes that come with Overread."""
    _print(list(recipes_of.names()), as_json)


@recipes.command("show")
def show_recipe(name: Annotated[str, typer.Argument(help="Name or file.")], as_json: AsJson = False) -> None:
    """Print every setting of a recipe."""
    recipe = recipes_of.load(name)
    if as_json:
        _print(recipe_values.to_mapping(recipe), True)
    else:
        print(recipe_values.describe(recipe), end="")


@recipes.command("diff")
def diff_recipes(
    one: Annotated[str, typer.Argument(help="Name or file.")],
    other: Annotated[str, typer.Argument(help="Name or file.")],
    as_json: AsJson = False,
) -> None:
    """Print the settings in which two recipes differ."""
    found = recipe_values.difference(recipes_of.load(one), recipes_of.load(other))
    if as_json:
        _print(found, True)
        return
    table = Table("setting", one, other)
    for key, (left, right) in found.items():
        table.add_row(key, str(left), str(right))
    Console().print(table)


def main() -> None:
    """The console script: a refusal is a sentence, not a traceback."""
    try:
        app()
    except OverreadError as error:
        console.print(f"[bold red]{error.title}.[/] {escape(error.detail)}", highlight=False, soft_wrap=True)
        sys.exit(1)


def _print(value: Any, as_json: bool) -> None:
    if as_json:
        print(json.dumps(value, indent=2, default=str, ensure_ascii=False))
    else:
        for line in value.items() if isinstance(value, dict) else value:
            Console().print(*line if isinstance(line, tuple) else (line,))


def _progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:.0f} files"))
    return Progress(*columns, TimeElapsedColumn(), console=console)


def _offer_set_up(settings: Settings, database: Database) -> None:
    """No default password: the first admin comes in by a link that works once, for a day."""
    from backend.services import accounts

    with database.transaction() as session:
        if accounts.needs_set_up(session):
            token = accounts.invite(session, "admin", "admin")
            print(f"Sign in as admin (once, within a day): {settings.public_url}/sign-in#token={token}", flush=True)


@contextmanager
def _worker_beside(settings: Settings, processes: int) -> Iterator[None]:
    """A worker in a process of its own, on the same servers, for as long as we serve."""
    if not processes:
        yield
        return
    command = [sys.executable, "-m", "backend.cli", "worker", "--concurrency", str(processes)]
    process = subprocess.Popen(command, env=os.environ | settings.environment())
    try:
        yield
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
