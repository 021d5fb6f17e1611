"""The command line: everything a person clicks, a script can call."""

import os
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from overread import cli_audits, cli_benchmark, cli_blobs, cli_exports, cli_import, cli_people, cli_recipes, cli_trail
from overread.console import AsJson, check_port, console, installation, own_process, run, show
from overread.db.session import migrate_when_up
from overread.domain.errors import InvalidInput
from overread.domain.policy.plan import DEFAULT, Plan
from overread.recipes import load
from overread.settings import Settings

# A server that starts with us, or again beside us, is up by then; compose starts `migrate` again after that.
DATABASE_SECONDS = 60.0
app = typer.Typer(no_args_is_help=True, add_completion=False, help="Self-training, overread by radiologists.")
app.add_typer(cli_import.app)
app.add_typer(cli_exports.app)
app.add_typer(cli_people.app)
app.add_typer(cli_recipes.app, name="recipes")
app.add_typer(cli_benchmark.app, name="benchmark")
app.add_typer(cli_audits.app, name="audit")
app.add_typer(cli_trail.app, name="trail")
app.add_typer(cli_blobs.app, name="blobs")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int, typer.Option(help="Also run a worker, this many jobs at a time from each queue.")] = 0,
) -> None:
    """Serve the API and the web. Without DATABASE_URL and REDIS_URL, on private servers in .overread/."""
    import uvicorn

    from overread.api.http import connections
    from overread.app import create_app

    with installation(join=False) as (found, database, _blobs):
        address = {"host": host or found.host, "port": port or found.port}
        settings = Settings(**found.model_dump(exclude={"public_url"}) | address) if port or host else found
        service = create_app(settings)
        check_port(settings.host, settings.port)
        settings.keep_address()
        cli_people.offer_set_up(settings, database)
        with own_process(settings, "worker", "--concurrency", str(workers)) if workers else nullcontext():
            # A page that watches an iteration keeps its stream open: stopping must not wait for it.
            # Who is believed about addresses is the application's to say, not uvicorn's, which trusts this machine.
            options: dict[str, Any] = {"log_level": "warning", "timeout_graceful_shutdown": 3, "proxy_headers": False}
            options |= connections.OPTIONS
            uvicorn.run(service, host=settings.host, port=settings.port, **options)


@app.command()
def worker(
    queue: Annotated[str, typer.Option(help="Queues to take jobs from: gpu, cpu, or gpu,cpu.")] = "gpu,cpu",
    concurrency: Annotated[int, typer.Option(min=1, help="Jobs at a time from each queue.")] = 1,
) -> None:
    """Run jobs: train, evaluate, label (queue gpu); import, draw audits (cpu)."""
    from overread_worker.slots import queues_of, start_worker

    queues = queues_of(queue)
    with installation() as (settings, database, _blobs):
        os.environ.update(settings.environment())
        start_worker(settings, database, queues, concurrency)


@app.command("migrate")
def migrate_command() -> None:
    """Bring the database that DATABASE_URL names to this version's tables, once it is up; private servers see to it
    themselves."""
    database_url = Settings().database_url
    if not database_url:
        raise InvalidInput("Set DATABASE_URL. Without it every command brings its private Postgres up to date itself.")
    migrate_when_up(database_url, DATABASE_SECONDS, lambda line: console.print(line, markup=False, soft_wrap=True))


@app.command()
def iterate(
    project: Annotated[str, typer.Argument(help="Project name.")],
    recipe: Annotated[list[str], typer.Option(help="A recipe, by name or file; once for each network.")],
    seed: int = DEFAULT.seed,
    alpha: Annotated[float, typer.Option(help="The error the gate lets through.")] = DEFAULT.alpha,
    measure: Annotated[int, typer.Option(help="MEASURE reads a finding.")] = DEFAULT.measure,
    fix: Annotated[int, typer.Option(help="FIX reads, at most.")] = DEFAULT.fix,
    fix_by: Annotated[
        str,
        typer.Option(help="FIX reads the rest of films that are looked at (film), or the riskiest (risk)."),
    ] = DEFAULT.fix_by,
    sentinel: Annotated[int, typer.Option(help="SENTINEL reads: how far readers can be trusted.")] = DEFAULT.sentinel,
    holdout: Annotated[int, typer.Option(help="HOLDOUT reads: films that are never trained on.")] = DEFAULT.holdout,
    minutes: Annotated[float | None, typer.Option(help="Reader-minutes, not counts of reads.")] = DEFAULT.minutes,
    min_reads: Annotated[int, typer.Option(help="Reads a finding that the gate asks for.")] = DEFAULT.min_reads,
    withhold: Annotated[list[str] | None, typer.Option(help="A finding that adds no pseudo labels.")] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Teachers anew from truth and reads.")] = DEFAULT.refresh,
    thresholds: Annotated[str, typer.Option(help="How pseudo labels enter: hand, certified or weighted.")] = "hand",
    teaches: Annotated[
        str, typer.Option(help="What its labels may teach the next one: all, or contour.")
    ] = DEFAULT.teaches,
    as_json: AsJson = False,
) -> None:
    """Launch the next iteration; a shut gate refuses it. Workers do the rest."""
    from overread.db.tables import TrainingSet
    from overread.services.films import projects
    from overread.services.loop import iterations, unscored
    from overread.services.loop.encoders import adopt_encoder

    asked: dict[str, Any] = {"seed": seed, "alpha": alpha, "measure": measure, "fix": fix, "sentinel": sentinel}
    asked |= {"holdout": holdout, "minutes": minutes, "min_reads": min_reads, "withhold": tuple(withhold or ())}
    asked |= {"refresh": refresh, "thresholds": thresholds, "teaches": teaches, "fix_by": fix_by}
    with installation() as (settings, database, blobs):
        plan = Plan(recipes=tuple(adopt_encoder(blobs, load(one)) for one in recipe), **asked)
        with database.transaction() as session:
            row = projects.get_project_named(session, project)
        iteration = iterations.launch_iteration(database, blobs, row.id, plan, workers=settings.workers)
        with database.transaction() as session:
            lacks = session.get_one(TrainingSet, iteration.training_set_sha256).counts.unteachable
            lacks |= unscored.in_words(unscored.unscored(session, row.id))
    show({"iteration": iteration.id, "index": iteration.index, "stage": iteration.stage} | lacks, as_json)


@app.command()
def pretrain(
    project: Annotated[str, typer.Argument(help="Project name.")],
    recipe: Annotated[str, typer.Option(help="A recipe with start.method simclr or moco, by name or file.")],
    as_json: AsJson = False,
) -> None:
    """Teach an encoder on the pool, without a label. Workers do it; a recipe then names its checkpoint."""
    from overread.services.films import projects
    from overread.services.loop import encoders

    with installation() as (settings, database, _blobs), database.transaction() as session:
        row = projects.get_project_named(session, project)
        encoder = encoders.start_encoder(session, row.id, load(recipe), workers=settings.workers)
        show({"encoder": encoder.id, "job": encoder.job_id}, as_json)


@app.command()
def report(
    project: Annotated[str, typer.Argument(help="Project name.")],
    html: Annotated[Path | None, typer.Option(help="Write one iteration as a page of its own here.")] = None,
    iteration: Annotated[int | None, typer.Option(help="Which iteration (default: the newest).")] = None,
) -> None:
    """Print what each iteration came to, as JSON; or write one as a self-contained HTML file."""
    from overread.services.films import projects
    from overread.services.reports import html_page, report

    with installation() as (_settings, database, blobs), database.transaction() as session:
        found = projects.get_project_named(session, project)
        if html is None:
            show(asdict(report.project_report(session, found.id)), True)
            return
        page = html_page.report_html(session, blobs, report.find_iteration(session, found.id, iteration))
    html.write_text(page)


@app.command()
def demo(
    serve: Annotated[bool, typer.Option(help="Stay and serve; --no-serve plays the reader and exits.")] = True,
    report: Annotated[Path | None, typer.Option(help="Write the report here.")] = None,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path(".overread/demo"),
    port: Annotated[int, typer.Option(help="Port of the web.")] = 8000,
    seed: Annotated[int, typer.Option(min=0, max=9999, help="Other films and other networks.")] = 0,
) -> None:
    """The loop on phantom films, in two arms from one teacher: its labels unread, and read and gated."""
    from overread.demo import run_demo

    run_demo(folder, port, stay=serve, report=report, seed=seed)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what is installed, what is missing, and the one command that mends it."""
    from overread.doctor import examine

    findings = examine(Settings())
    if as_json:
        show([finding.__dict__ for finding in findings], True)
    else:
        show(
            [
                f"{'✓' if one.well else '✗'} {one.part}: {one.found}{one.remedy and f'. To mend it: {one.remedy}'}"
                for one in findings
            ],
            False,
        )
    raise typer.Exit(0 if all(finding.well for finding in findings) else 1)


@app.command()
def openapi() -> None:
    """Print the OpenAPI document, from which the web's client is generated."""
    from overread.app import create_app

    settings = Settings(database_url="postgresql+psycopg://", redis_url="redis://", secret="0123456789abcdef" * 2)
    show(create_app(settings).openapi(), True)


def main() -> None:
    """The console script: a refusal is a sentence, not a traceback; and what it writes is its owner's alone."""
    os.umask(0o077)
    run(app)


if __name__ == "__main__":
    main()
