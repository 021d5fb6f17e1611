"""Drawing an audit: all four streams at once from a stored design, so that the draw can be repeated bit for bit.

MEASURE, SENTINEL and FIX are drawn anew each time. HOLDOUT is not: the films are fixed when their patients come, and
the units to read are the next ones of an order that the project's seed settled for ever.
"""

import hashlib
import secrets
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditStratum, Iteration, Project
from overread.domain.errors import Conflict
from overread.domain.policy.plan import AuditDesign
from overread.domain.readers.tasks import TASKS
from overread.domain.sampling.repairs import UNCERTAIN, fix_priority
from overread.domain.sampling.streams import STREAMS, Draw, Pool, Strata, draw
from overread.domain.words import DECISIONS, Decision
from overread.services.audit.audits import find_audit, get_audit
from overread.services.audit.holdout import draw_panel, settle_earlier
from overread.services.audit.items import Item, lay_out, stored_items
from overread.services.audit.tasks import assign_looks
from overread.services.films.masks import MaskRow
from overread.services.heads import counted
from overread.services.trail import record

# A row as Postgres' binary COPY sends it: the number of fields, then each field's length and its value.
_FIELDS = {"label": ">i8", "image": ">i8", "finding": ">i4", "decision": ">i4"}
_FIELDS |= {"risk": ">f8", "weight": ">f8", "held": ">i1", "read_before": ">i1"}
_ROW = np.dtype([("fields", ">i2"), *((n, t) for f, v in _FIELDS.items() for n, t in ((f"{f} size", ">i4"), (f, v)))])
# Reads of earlier audits: a closed audit takes no more of them, so that the answer never changes.
_COUNTED = counted().compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
_UNITS = f"""copy (
    select label.id, label.image_id, array_position(%(findings)s::text[], label.finding) - 1,
        array_position(%(decisions)s::text[], label.decision) - 1, label.risk, label.weight,
        patient.held, earlier.image_id is not null
    from pseudo_label label join image on image.id = label.image_id join patient on patient.id = image.patient_id
    left join (
        select distinct read.image_id, read.finding from read join audit_case on audit_case.id = read.case_id
        where audit_case.audit_id < %(audit)s and {_COUNTED}
    ) earlier on earlier.image_id = label.image_id and earlier.finding = label.finding
    where label.labelling_id = %(labelling)s order by label.id
) to stdout (format binary)"""  # noqa: S608
_HEADER, _TRAILER = 19, 2


@dataclass(frozen=True)
class Units:
    """The labels of a labelling, a row a unit (image × finding) in their order, as columns. ``read_before``: a
    person gave their word on the unit in an earlier audit."""

    label: NDArray[np.int64]
    image: NDArray[np.int64]
    finding: NDArray[np.int64]
    decision: NDArray[np.int64]
    risk: NDArray[np.float64]
    weight: NDArray[np.float64]
    held: NDArray[np.bool_]
    read_before: NDArray[np.bool_]

    @property
    def decided(self) -> NDArray[np.bool_]:
        """What may teach with nobody's word: decided, and with a weight."""
        return np.asarray((self.decision != UNCERTAIN) & (self.weight > 0))


@dataclass(frozen=True)
class DrawnStratum:
    """A stratum as its row says it (``AuditStratum``)."""

    finding: str
    decision: Decision
    held: bool
    size: int
    population: int
    fix: int
    measure: int
    sentinel: int
    holdout: int


_STRATUM = [own.name for own in fields(DrawnStratum)]


@dataclass(frozen=True)
class DrawnAudit:
    """An audit as drawn: its items, each look at a film together and in reading order; strata, sample and notes as the
    row keeps them; and the masks to plant, by label."""

    items: tuple[Item, ...]
    strata: tuple[DrawnStratum, ...]
    sample: dict[str, int]
    notes: tuple[str, ...]
    masks: dict[int, MaskRow]


def open_audit(session: Session, iteration: Iteration, labelling_id: int, nonce: int | None = None) -> Audit:
    """Draw an iteration's audit and lay out its cases. Idempotent: returns the audit that exists.

    The seed hangs on project, iteration and a ``nonce`` of this audit alone, random when not given: whatever a launch
    asks for, no two audits draw by one seed.
    """
    known = find_audit(session, iteration.id)
    if known is not None:
        return known
    project = session.get_one(Project, iteration.project_id)
    plan = iteration.plan
    nonce = secrets.randbits(63) if nonce is None else nonce
    design = AuditDesign.of(plan.design(len(project.findings)), TASKS, plan.second, nonce)
    seed = seed_of(project.seed, iteration.id, nonce)
    audit = Audit(iteration_id=iteration.id, labelling_id=labelling_id, seed=seed, design=design)
    session.add(audit)
    session.flush()
    settle_earlier(session, audit)
    drawn = draw_audit(session, audit)
    audit.sample, audit.notes = drawn.sample, list(drawn.notes)
    audit.strata = [AuditStratum(number=number, **vars(one)) for number, one in enumerate(drawn.strata)]
    lay_out(session, audit, drawn.items, drawn.masks)
    record(
        session,
        "audit.opened",
        f"audit {audit.id}",
        project_id=iteration.project_id,
        items=len(drawn.items),
        **asdict(design),
    )
    return audit


def seed_of(project_seed: int, iteration_id: int, nonce: int) -> int:
    """63 bits of the hash of what an audit's draw hangs on."""
    digest = hashlib.sha256(f"audit {project_seed}/{iteration_id}/{nonce}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def draw_audit(session: Session, audit: Audit) -> DrawnAudit:
    """The draw that an audit's row stands for: the same whenever it is asked for."""
    iteration = session.get_one(Iteration, audit.iteration_id)
    project = session.get_one(Project, iteration.project_id)
    if audit.design.nonce is None:
        raise Conflict("This audit was drawn by an older version; it cannot be drawn again.")
    units = load_units(session, audit, project.findings)
    panel, share = panel_of(session, audit, project, units, audit.design.holdout)
    found = draw(pool_of(units, np.flatnonzero(~units.held | panel)), audit.design, audit.seed)
    items, masks = assign_looks(session, audit, _items(units, found, project.findings, share))
    sample = {project.findings[f]: int(n) for f, n in enumerate(found.sample)}
    return DrawnAudit(items, _strata_rows(found.strata, project.findings), sample, found.notes, masks)


def pool_of(units: Units, rows: NDArray[np.int64]) -> Pool:
    """These units as a draw takes them."""
    priority = fix_priority(units.risk, units.weight, units.finding, units.decision)
    columns = (units.decision, priority, units.decided, units.read_before, units.held)
    return Pool(units.label, units.image, units.finding, *columns).rows(rows)


def redraw(session: Session, audit_id: int) -> tuple[bool, int]:
    """Whether drawing again from the audit's row gives its items bit for bit, and how many they are.

    What people asked for later is not part of the draw. Raises NotFound.
    """
    audit = get_audit(session, audit_id)
    again = draw_audit(session, audit)
    stored = stored_items(session, audit_id)
    strata = tuple(DrawnStratum(**{name: getattr(row, name) for name in _STRATUM}) for row in audit.strata)
    same = again.items == stored and again.strata == strata and list(again.notes) == audit.notes
    same &= all(audit.sample.get(finding, 0) >= n for finding, n in again.sample.items())
    return same, len(stored)


def load_units(session: Session, audit: Audit, findings: list[str]) -> Units:
    """All units of an audit's labelling. Read as Postgres' own bytes: millions of rows in seconds."""
    connection: Any = session.connection().connection.driver_connection
    values = {"findings": findings, "decisions": list(DECISIONS), "labelling": audit.labelling_id, "audit": audit.id}
    with connection.cursor() as cursor, cursor.copy(_UNITS, values) as stream:
        sent = b"".join(bytes(block) for block in stream)
    rows = np.frombuffer(sent, _ROW, offset=_HEADER, count=(len(sent) - _HEADER - _TRAILER) // _ROW.itemsize)
    kinds = {"risk": np.float64, "weight": np.float64, "held": np.bool_, "read_before": np.bool_}
    return Units(**{name: rows[name].astype(kinds.get(name, np.int64)) for name in _FIELDS})


def panel_of(
    session: Session, audit: Audit, project: Project, units: Units, budget: int
) -> tuple[NDArray[np.bool_], float]:
    """The HOLDOUT units to read, (N,), and their share of those that have no reference."""
    held = np.flatnonzero(units.held)
    order = [(int(units.image[row]), project.findings[units.finding[row]]) for row in held]
    panel = np.zeros(len(units.label), bool)
    panel[held], share = draw_panel(session, audit, project.seed, order, budget)
    return panel, share


def _items(units: Units, found: Draw, findings: list[str], share: float) -> tuple[Item, ...]:
    """The drawn units with the films that they are on, a film's together, films in the order they were drawn in."""
    rows = np.searchsorted(units.label, found.key)
    place = {image: at for at, image in reversed(list(enumerate(units.image[rows].tolist())))}
    items = []
    for i, row in enumerate(rows):
        stream = STREAMS[found.stream[i]]
        probability = share if stream == "HOLDOUT" else float(found.probability[i])
        items.append(
            Item(
                int(units.label[row]),
                int(units.image[row]),
                findings[units.finding[row]],
                stream,
                int(found.stratum[i]),
                None if stream == "FIX" else probability,
                rank=int(found.rank[i]) if found.rank[i] >= 0 else None,
            )
        )
    return tuple(sorted(items, key=lambda item: (place[item.image], item.label)))


def _strata_rows(strata: Strata, findings: list[str]) -> tuple[DrawnStratum, ...]:
    return tuple(
        DrawnStratum(
            finding=findings[strata.finding[h]],
            decision=DECISIONS[strata.decision[h]],
            held=bool(strata.held[h]),
            size=int(strata.size[h]),
            population=int(strata.population[h]),
            **{name.lower(): int(strata.reads[name][h]) for name in STREAMS},
        )
        for h in range(len(strata.size))
    )
