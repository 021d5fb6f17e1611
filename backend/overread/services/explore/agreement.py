"""How far pseudo masks agree with public labels, by source, and how that changed since the iteration before.

Two measures, each over films that the public labels alone choose, so that a mean and its change are of the same films.
*Presence* takes every film with a public label: the share on which both mark something or both mark nothing. *Dice*
takes the films whose public label marks something, a mask that marks nothing there being 0. Of two empty masks Dice is
not defined (definitions: section 1): they agree on presence, and count there.

A public label may be mended: every iteration is compared with the one that stands now, and how many were another one
when an iteration began to label is told beside its mean.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from sqlalchemy import Subquery, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from overread.db.tables import Image, Iteration, Labelling, Mask, MaskChange, Project, PseudoLabel, Source, SourceMask
from overread.domain.sampling.clusters import Mean, clustered_mean
from overread.domain.words import AgreedOn
from overread.services.history import list_iterations

SEED = 0  # the same data gives the same interval, however often it is looked at

Place = tuple[str, str, AgreedOn]  # source, finding, measure


class Film(NamedTuple):
    """What one film says, whose it is, and whether its public label was another one when labelling began."""

    value: float
    patient: int
    newer: bool


Films = dict[int, Film]


@dataclass(frozen=True, kw_only=True)
class SourceScore(Mean):
    """An iteration's mean of a measure over the films of one source, by finding. ``newer``: of how many of them the
    public label was another one when that iteration (of a change: one of both) began to label."""

    iteration: int
    source: str
    finding: str
    measure: AgreedOn
    newer: int


@dataclass(frozen=True, kw_only=True)
class SourceChange(SourceScore):
    """The paired change of a measure since an earlier iteration, and both means that it is the difference of: all three
    of the films that both iterations labelled."""

    since: int
    before: float
    after: float


@dataclass
class Agreement:
    """The levels and the changes of a project's iterations, oldest first."""

    scores: list[SourceScore] = field(default_factory=list)
    changes: list[SourceChange] = field(default_factory=list)


def agreement(session: Session, project_id: int) -> Agreement:
    """Of every iteration that published labels, by finding in the project's order."""
    told = Agreement()
    findings = session.get_one(Project, project_id).findings
    before: tuple[int, dict[Place, Films]] | None = None
    for iteration in list_iterations(session, project_id, published=True):
        groups = _values(session, iteration)
        for place in sorted(groups, key=lambda place: findings.index(place[1])):
            told.scores.append(_score(iteration.index, place, groups[place]))
            earlier = before[1].get(place, {}) if before is not None else {}
            if before is not None and groups[place].keys() & earlier.keys():
                told.changes.append(_change(iteration.index, before[0], place, earlier, groups[place]))
        before = iteration.index, groups
    return told


def _values(session: Session, iteration: Iteration) -> dict[Place, Films]:
    """What an iteration's masks are worth beside the public labels, film by film."""
    earlier = _earlier(iteration)
    query = (
        select(
            Source.name,
            PseudoLabel.finding,
            Image.id.label("film"),
            Image.patient_id,
            PseudoLabel.area,
            PseudoLabel.public_dice,
            Mask.area.label("public_area"),
            func.coalesce(earlier.c.sha256 != Mask.sha256, False).label("newer"),
        )
        .join(Image, Image.id == PseudoLabel.image_id)
        .join(Source, Source.id == Image.source_id)
        .join(SourceMask, (SourceMask.image_id == Image.id) & (SourceMask.finding == PseudoLabel.finding))
        .join(Mask, Mask.id == SourceMask.mask_id)
        .outerjoin(earlier, (earlier.c.image_id == Image.id) & (earlier.c.finding == PseudoLabel.finding))
        .where(PseudoLabel.labelling_id == iteration.labelling_id, SourceMask.kind == "public")
        .order_by(Source.id, PseudoLabel.finding, Image.id)
    )
    groups: dict[Place, Films] = {}
    for row in session.execute(query):
        for measure, value in _measures(row.area, row.public_area, row.public_dice):
            film = Film(value, row.patient_id, row.newer)
            groups.setdefault((row.name, row.finding, measure), {})[row.film] = film
    return groups


def _earlier(iteration: Iteration) -> Subquery:
    """Where a public label gave way after an iteration began to label, what stood before."""
    began = select(Labelling.created_at).where(Labelling.id == iteration.labelling_id).scalar_subquery()
    unit = MaskChange.image_id, MaskChange.finding
    query = select(*unit, Mask.sha256).join(Mask, Mask.id == MaskChange.old_mask_id).join(Image, Image.id == unit[0])
    since = query.where(Image.project_id == iteration.project_id, MaskChange.at > began)
    return since.ext(distinct_on(*unit)).order_by(*unit, MaskChange.id).subquery()


def _measures(area: int, public_area: int, dice: float | None) -> Iterator[tuple[AgreedOn, float]]:
    """What one film says, by the areas of both masks in pixels."""
    yield "presence", float((area > 0) == (public_area > 0))
    if public_area and dice is not None:
        yield "dice", dice


def _score(index: int, place: Place, films: Films) -> SourceScore:
    source, finding, measure = place
    mean, newer = _clustered(list(films.values())), sum(film.newer for film in films.values())
    return SourceScore(**vars(mean), iteration=index, source=source, finding=finding, measure=measure, newer=newer)


def _change(index: int, since: int, place: Place, before: Films, after: Films) -> SourceChange:
    """Of the films that are in both, of which there is one at least."""
    both = [film for film in after if film in before]
    old, new = ({film: films[film] for film in both} for films in (before, after))
    moved = {
        film: Film(new[film].value - old[film].value, new[film].patient, old[film].newer or new[film].newer)
        for film in both
    }
    ends = [float(np.mean([film.value for film in films.values()])) for films in (old, new)]
    change = _score(index, place, moved)
    return SourceChange(**vars(change), since=since, before=ends[0], after=ends[1])


def _clustered(films: list[Film]) -> Mean:
    values, patients = np.array([film.value for film in films]), np.array([film.patient for film in films], np.int64)
    return clustered_mean(values, patients, np.random.default_rng(SEED))
