"""A pool of films as rows, without a pixel: what labelling leaves behind, laid down by COPY.

One mask stands for every lesion: rows that name a mask need no more, and plants are made from it.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, LiteralString

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql
from sqlalchemy import make_url

from overread.domain.imaging import masks
from overread.domain.people import name_key
from overread.domain.words import DECISIONS

SIDE = 16  # pixels
READERS = ("first reader", "second reader", "third reader")
JUDGE = 3  # the id of who decides between the first two
POSITIVE, NEGATIVE, UNCERTAIN = 0, 1, 2
VIEWS = ("PA", "AP", None)  # of films in turn
# Rows of several pools lie in one database: each has its own room for ids.
ROOM = 10_000_000
PLAN = '{"recipes": [{"name": "simulated", "network": "small-unet"}]}'  # until an audit is drawn by its own


@dataclass(frozen=True)
class PoolPlan:
    """What a pool is of. Label rows stand film by film, films source by source; ``patient`` films are of one patient.

    ``held``: the share of patients who are HOLDOUT. ``uncertain``: the share of labels that nothing was decided of.
    """

    films: int = 10_000
    findings: int = 1
    prevalence: float = 0.1
    sources: int = 1
    patient: int = 1
    held: float = 0.05
    uncertain: float = 0.0


@dataclass(frozen=True)
class Labels:
    """The columns of a labelling, (N,) each, in the order of its rows: film after film, on each its findings."""

    film: NDArray[np.int64]
    finding: NDArray[np.int64]
    source: NDArray[np.int64]
    patient: NDArray[np.int64]
    held: NDArray[np.bool_]
    decision: NDArray[np.int64]
    presence: NDArray[np.float64]
    risk: NDArray[np.float64]


@dataclass(frozen=True)
class Pool:
    """A pool that lies in the database: its ids, and where its first film and label are."""

    plan: PoolPlan
    number: int

    @property
    def base(self) -> int:
        """The id of the project, its first iteration and labelling; film i and label i are base + 1 + i."""
        return self.number * ROOM

    def source(self, place: int) -> int:
        """The id of a source, small as ids of sources are; 0 is that of the film with a reference."""
        return self.number * 100 + place

    @property
    def findings(self) -> list[str]:
        return [f"finding_{letter}" for letter in "abcdefgh"[: self.plan.findings]]


def pixels(shown: str) -> NDArray[np.bool_]:
    """The one lesion that there is ("lesion"), or else the empty mask: (height, width)."""
    found = np.zeros((SIDE, SIDE), bool)
    if shown == "lesion":
        found[4:8, 3:7] = True
    return found


@cache
def make_labels(plan: PoolPlan, seed: int = 0) -> Labels:
    """The labels of a pool, always the same: risk is higher where a label is positive; presence follows risk."""
    rng = np.random.default_rng([seed, plan.films, plan.findings, plan.sources, plan.patient])
    film = np.repeat(np.arange(plan.films), plan.findings)
    finding = np.tile(np.arange(plan.findings), plan.films)
    patient = film // plan.patient
    source = patient * plan.sources // (int(patient.max()) + 1)
    held = (rng.random(int(patient.max()) + 1) < plan.held)[patient]
    decision = np.full(len(film), NEGATIVE)
    for own in (np.flatnonzero(finding == f) for f in range(plan.findings)):
        order = rng.permutation(own)
        count = round(plan.prevalence * plan.films)
        decision[order[:count]] = POSITIVE
        decision[order[count : count + round(plan.uncertain * plan.films)]] = UNCERTAIN
    risk = np.where(decision == POSITIVE, rng.beta(2, 6, len(film)), rng.beta(1, 8, len(film)))
    return Labels(film, finding, source, patient, held, decision, presence_of(decision, risk), risk)


def presence_of(decision: NDArray[np.int64], risk: NDArray[np.float64]) -> NDArray[np.float64]:
    """The surer, the farther from the threshold: positives lie in .85–1, negatives in 0–.01."""
    lower, width = np.array([0.85, 0.0, 0.2]), np.array([0.15, 0.01, 0.4])
    sure = np.where(decision == NEGATIVE, risk, 1 - risk)
    return np.asarray(lower[decision] + width[decision] * sure)


def lay_down(url: str, pool: Pool) -> None:
    """Write the pool with one iteration whose labels are there and whose audit is not; one film has a reference."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        _frame(connection, pool)
        _films(connection, pool)
        copy_labels(connection, pool, pool.base, make_labels(pool.plan))
        for table in ("source", "patient", "image", "mask", "pseudo_label", "iteration", "labelling", "project"):
            # Whatever the services insert later comes after all of this.
            connection.execute(
                sql.SQL("select setval(pg_get_serial_sequence({}, 'id'), (select max(id) from {}) + 1)").format(
                    sql.Literal(table), sql.Identifier(table)
                )
            )
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def copy_labels(connection: psycopg.Connection[Any], pool: Pool, labelling: int, labels: Labels) -> int:
    """Write the rows of a labelling in their order; returns the id before the first."""
    count = len(labels.film)
    first = labelling if labelling == pool.base else _room_for(connection, count)
    names = pool.findings
    weight = np.where(labels.decision == UNCERTAIN, 0.0, 1 - labels.risk)
    lesion = labels.decision == POSITIVE
    area = np.where(lesion, int(pixels("lesion").sum()), 0)
    rows = zip(
        range(first + 1, first + 1 + count),
        [labelling] * count,
        (pool.base + 1 + labels.film).tolist(),
        [names[number] for number in labels.finding],
        [DECISIONS[number] for number in labels.decision],
        labels.presence.tolist(),
        [0.8] * count,
        [0.01] * count,
        labels.risk.tolist(),
        weight.tolist(),
        area.tolist(),
        [pool.base if drawn else None for drawn in lesion],
        strict=True,
    )
    columns = "id,labelling_id,image_id,finding,decision,presence,agreement,variance,risk,weight,area,mask_id"
    _copy(connection, "pseudo_label", columns.split(","), rows)
    return first


def _frame(connection: psycopg.Connection[Any], pool: Pool) -> None:
    base, plan = pool.base, pool.plan
    for number, name in enumerate(READERS, 1):
        _insert(connection, "account", id=number, name=name, name_key=name_key(name), role="admin")
    _insert(connection, "project", id=base, name=f"simulated {pool.number}", findings=pool.findings, holdout=plan.held)
    for number in range(plan.sources + 1):
        role = "pool" if number else "labelled"
        names = {"name": f"source {number}", "reader": "folder", "options": "{}", "role": role, "licence": "made here"}
        _insert(connection, "source", id=pool.source(number), project_id=base, namespace="made", **names)
    _insert(connection, "training_set", sha256=f"{base:064x}", project_id=base, counts="{}")
    told = {"stage": "labelling", "plan": PLAN, "training_set_sha256": f"{base:064x}", "code_version": "simulated"}
    _insert(connection, "iteration", id=base, project_id=base, index=0, **told)
    _insert(connection, "labelling", id=base, iteration_id=base)


def _films(connection: psycopg.Connection[Any], pool: Pool) -> None:
    """The pool's films and, at the base's own id, one with a reference: without it there is nothing to train on."""
    base, labels = pool.base, make_labels(pool.plan)
    own = slice(None, None, pool.plan.findings)
    film, patient, source = labels.film[own], labels.patient[own], labels.source[own]
    _, first = np.unique(patient, return_index=True)
    held = labels.held[own][first]
    patients = [(base, base, "made", "reference", "train", False)]
    patients += [(base + 1 + i, base, "made", str(i), "pool", bool(out)) for i, out in enumerate(held)]
    _copy(connection, "patient", ["id", "project_id", "namespace", "key", "split", "held"], patients)
    films: list[tuple[object, ...]] = [(base, base, pool.source(0), base, "train", None)]
    films += [
        (base + 1 + i, base, pool.source(1 + at), base + 1 + who, "pool", VIEWS[i % len(VIEWS)])
        for i, at, who in zip(film.tolist(), source.tolist(), patient.tolist(), strict=True)
    ]
    columns = ["id", "project_id", "source_id", "patient_id", "split", "view", "file_name"]
    rows = [(*row, f"film-{row[0]}.png", f"{row[0]:064x}", f"{row[0]:064x}", SIDE, SIDE, 8) for row in films]
    _copy(connection, "image", [*columns, "file_sha256", "sha256", "width", "height", "bits"], rows)
    _copy_mask(connection, pool)
    _insert(connection, "source_mask", image_id=base, finding=pool.findings[0], kind="reference", mask_id=base + 1)


def _copy_mask(connection: psycopg.Connection[Any], pool: Pool) -> None:
    counts, base = masks.encode(pixels("lesion")), pool.base
    told = {
        "image_id": base, "image_sha256": f"{base:064x}", "finding": pool.findings[0], "height": SIDE, "width": SIDE,
        "counts": zlib.compress(counts), "area": int(pixels("lesion").sum()),
        "sha256": masks.content_hash(counts, SIDE, SIDE),
    }  # fmt: skip
    _insert(connection, "mask", id=base, origin="AUTOMATIC", labelling_id=base, **told)
    _insert(connection, "mask", id=base + 1, origin="MANUAL", **told)


def _room_for(connection: psycopg.Connection[Any], count: int) -> int:
    """Ids for so many labels, taken from the sequence; the one before the first."""
    step: LiteralString = "select setval(pg_get_serial_sequence('pseudo_label', 'id'), nextval(pg_get_serial_sequence("
    row = connection.execute(step + "'pseudo_label', 'id')) + %s)", (count,)).fetchone()
    if row is None:
        raise RuntimeError("The sequence of label ids gave nothing.")
    return int(row[0]) - count


def _insert(connection: psycopg.Connection[Any], table: str, **values: object) -> None:
    query = sql.SQL("insert into {} ({}) overriding system value values ({}) on conflict do nothing").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() * len(values)),
    )
    connection.execute(query, list(values.values()))


def _copy(
    connection: psycopg.Connection[Any], table: str, columns: Sequence[str], rows: Iterable[tuple[object, ...]]
) -> None:
    query = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(query) as stream:
        for row in rows:
            stream.write_row(row)
