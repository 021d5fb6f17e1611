"""``python -m benchmarks.pool_pages [--json FILE] [--films 10000 100000 500000]``: pages of the pool's wall.

Rows are made by SQL in a private Postgres, five findings a film. A page (query, rows, schema) is timed at the start,
in the middle and at the end, in each order, and under filters; the goal says that size costs nothing.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from overread.api.explore.pool import tile_out
from overread.db.session import Database, migrate
from overread.db.tables.iterations import WALL
from overread.embedded import embedded
from overread.services.explore import pool

REPEATS = 15
PAGE_MS, RATIO = 15.0, 2.0
FILM = """
insert into patient (project_id, namespace, key, split)
  select {project}, 'made', 'p' || i, 'pool' from generate_series(1, {films}) i;
insert into image (project_id, source_id, patient_id, split, file_name, file_sha256, sha256, width, height, bits, view)
  select {project}, {project} * 10 + (id % 4), id, 'pool', 'film-' || id || '.png', md5(id::text) || md5(id::text),
    md5({project} || ':' || id) || md5(id::text), 1024, 1024, 16, (array['PA','AP','LL',null])[1 + id % 4]
  from patient where project_id = {project};
create temporary table made as
  select image.id as image_id, image.sha256, finding, hash, u, case when u > 0.9 then 'positive' when u > 0.85
    then 'uncertain' else 'negative' end as decision, least(1, greatest(0, u + (v - 0.5) / 10)) as presence, v
  from image cross join unnest(array['a','b','c','d','e']) finding
  cross join lateral (select hashtext(image.id || finding) as hash) h
  cross join lateral (select abs(hash::bigint) / 2147483649.0 as u,
    abs(hashtext(finding || image.id)::bigint) / 2147483649.0 as v) r
  where image.project_id = {project};
insert into mask (image_id, image_sha256, finding, origin, labelling_id, height, width, counts, area, sha256)
  select image_id, sha256, finding, 'AUTOMATIC', {project}, 1024, 1024, %(counts)s, (abs(hash::bigint) %% 60000) + 20,
    md5(hash::text) || md5(sha256) from made where decision <> 'negative';
insert into pseudo_label (labelling_id, image_id, finding, decision, presence, agreement, variance, risk, weight, area,
    mask_id)
  select {project}, made.image_id, made.finding, decision, presence, v, v * v / 4, (1 - v) / 2 + case when decision =
    'uncertain' then 0.5 else 0 end, 0.8, coalesce(mask.area, 0), mask.id
  from made left join mask on mask.image_id = made.image_id and mask.finding = made.finding;
drop table made;
"""
FRAME = """
insert into project (id, name, findings) overriding system value values ({project}, 'p{project}', '{{a,b,c,d,e}}');
insert into source (id, project_id, name, reader, options, role, namespace, licence) overriding system value
  select {project} * 10 + i, {project}, 's' || i, 'folder', '{{}}', 'pool', 'made', 'made' from generate_series(0, 3) i;
insert into training_set (sha256, project_id, counts) values ('t{project}', {project}, '{{}}');
insert into iteration (id, project_id, index, plan, training_set_sha256, code_version) overriding system value
  values ({project}, {project}, 0, '{{"recipes": [{{"name": "made", "network": "small-unet"}}]}}', 't{project}',
    'made');
insert into labelling (id, iteration_id) overriding system value values ({project}, {project});
"""


@dataclass(frozen=True)
class Timing:
    """Median milliseconds of one question on a pool of so many films."""

    films: int
    name: str
    ms: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print with the goals, and (with --json) write the numbers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pool_pages", description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("--films", type=int, nargs="+", default=[10_000, 100_000, 500_000])
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="overread-pool-") as folder, embedded(Path(folder)) as servers:
        migrate(servers.database_url)
        database = Database(servers.database_url, pool_size=2)
        timings: list[Timing] = []
        for project, films in enumerate(sorted(chosen.films), 1):
            hang(servers.database_url, project, films)
            for timing in measure(database, project, films):
                print(f"{timing.films:>8,} films  {timing.name:<34} {timing.ms:8.1f} ms", flush=True)
                timings.append(timing)
        database.engine.dispose()
    goals = list(judge(timings))
    print(
        *(f"{'met    ' if goal['met'] else 'NOT MET'} {goal['goal']}: {goal['value']:.1f}" for goal in goals), sep="\n"
    )
    if chosen.json is not None:
        machine = {"cores": os.cpu_count(), "processor": platform.processor() or platform.machine()}
        report = {"machine": machine, "timings": [asdict(one) for one in timings], "goals": goals}
        chosen.json.write_text(json.dumps(report, indent=2))
    return 0


def hang(url: str, project: int, films: int) -> None:
    """A pool of so many films, labelled by five findings, as a project of its own."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(FRAME.format(project=project))
        for statement in FILM.format(project=project, films=films).split(";\n")[:-1]:
            values = {"counts": lesion()} if "%(counts)s" in statement else None
            connection.execute(statement, values)
        for table in ("image", "mask", "pseudo_label"):
            connection.execute(f"vacuum analyze {table}")


def lesion() -> bytes:
    """A disc of 240 px on a film of 1024 px, as masks are stored."""
    import zlib

    import numpy as np

    from overread.domain.imaging.masks import encode

    y, x = np.mgrid[:1024, :1024]
    return zlib.compress(encode((y - 500) ** 2 + (x - 400) ** 2 < 120**2))


def measure(database: Database, labelling: int, films: int) -> Iterator[Timing]:
    """Pages of every order at three places, pages under filters, and what is asked once a wall."""
    walls = {order: pool.Wall("b", order) for order in WALL} | {
        "positive by agreement": pool.Wall("b", "agreement", decision="positive"),
        "one source by risk": pool.Wall("b", source_id=labelling * 10 + 1),
        "one view, large, confident": pool.Wall("b", "area", view="AP", presence=(0.9, 1.0), area=(4096, 8192)),
    }
    with database.transaction() as session:
        for name, wall in walls.items():
            laid = pool.lay_out(session, labelling, wall)
            places = {"first": None} | ({"middle": laid.after[len(laid.after) // 2], "last": laid.after[-1]}
                                        if laid.after else {})  # fmt: skip
            for where, place in places.items():
                yield Timing(
                    films, f"{name}, {where} page", timed(lambda w=wall, p=place: page(session, labelling, w, p))
                )
            yield Timing(films, f"{name}, anchors", timed(lambda w=wall: pool.lay_out(session, labelling, w), 3))
        yield Timing(films, "histograms", timed(lambda: pool.count_bins(session, labelling, pool.Wall("b")), 3))
        yield Timing(films, "views", timed(lambda: pool.list_views(session, labelling), 3))


def page(session: Session, labelling: int, wall: pool.Wall, place: tuple[float, int] | None) -> None:
    """One page as its route makes it, from fresh rows."""
    session.expunge_all()
    for tile in pool.list_tiles(session, labelling, wall, place):
        tile_out(tile).model_dump_json()


def timed(work: Callable[..., Any], repeats: int = REPEATS) -> float:
    work()
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        found.append((time.perf_counter() - start) * 1000)
    return median(found)


def judge(timings: list[Timing]) -> Iterator[dict[str, Any]]:
    """The slowest page of the largest pool, and how much slower a page is there than in the smallest."""
    least, most = min(t.films for t in timings), max(t.films for t in timings)
    pages = {films: {t.name: t.ms for t in timings if t.films == films and "page" in t.name} for films in (least, most)}
    name, slowest = max(pages[most].items(), key=lambda item: item[1])
    yield {
        "goal": f"slowest page at {most:,} films ≤ {PAGE_MS:g} ms ({name})",
        "value": slowest,
        "met": slowest <= PAGE_MS,
    }
    ratios = {name: ms / pages[least][name] for name, ms in pages[most].items() if name in pages[least]}
    name, worst = max(ratios.items(), key=lambda item: item[1])
    told = f"largest ratio of a page at {most:,} to {least:,} films ≤ {RATIO:g} ({name})"
    yield {"goal": told, "value": worst, "met": worst <= RATIO}


if __name__ == "__main__":
    sys.exit(main())
