"""Unlike things compared: what else is not the same between two iterations, beside what they learned from.

A student may beat its teacher because it is three networks and not one, or trained for twice as long; and a score of
other films is another score. Each such thing is told with both its values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import Epoch, Iteration, Run
from overread.domain.imaging.evaluation import EnsembleMetrics, FindingMetrics
from overread.domain.learning.recipe.parts import Labelling
from overread.domain.words import ScoredSplit, Unlike
from overread.services.films.changes import changed_between

Scored = Mapping[ScoredSplit, EnsembleMetrics]


@dataclass(frozen=True)
class Difference:
    """One thing that is not alike, as texts that need no language: numbers, with + between those of several networks;
    of a ``finding``, or (None) of all."""

    what: Unlike
    finding: str | None
    before: str
    after: str


def unlike_things(
    session: Session, before: Iteration, after: Iteration, scored: Sequence[Scored], split: ScoredSplit | None
) -> list[Difference]:
    """What differs: the networks and how long they trained, how they cut and decide masks, and the films of both
    scores. ``scored``: what was measured of both, ``split``: the one whose scores are compared, None where there is
    none of both."""
    old, new = (_making(session, one) for one in (before, after))
    both = [what for what in old if what in new]
    found = [Difference(what, None, old[what], new[what]) for what in both if old[what] != new[what]]
    if split is not None:
        found += _films(*(one[split] for one in scored))
        found += _masks(session, before, after, split)
    elif all(scored):
        found.append(Difference("test-split", None, *(" + ".join(sorted(one)) for one in scored)))
    return found


def _making(session: Session, iteration: Iteration) -> dict[Unlike, str]:
    """What made an iteration's networks and labels. Nothing is said of a training that is not done."""
    runs = session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position)).all()
    recipe = iteration.plan.recipes[0]
    making: dict[Unlike, str] = {
        "networks": str(len(runs)),
        "size": _sum(sorted({str(run.recipe.size) for run in runs})),
        "seeds": _sum([str(run.seed) for run in runs]),
        "thresholds": _thresholds(recipe.labelling),
        "code": iteration.code_version,
    }
    if all(run.seconds is not None for run in runs):
        trained = select(Epoch.run_id, func.count()).where(Epoch.run_id.in_([run.id for run in runs]))
        epochs: dict[int, int] = dict(session.execute(trained.group_by(Epoch.run_id)).all())
        making["epochs"] = _sum([str(epochs.get(run.id, 0)) for run in runs])
        making["parameters"] = _sum([f"{run.parameters or 0:,}" for run in runs])
    return making


def _films(before: EnsembleMetrics, after: EnsembleMetrics) -> list[Difference]:
    """Films of both scores, as far as their numbers tell: with the finding and without, and their sources."""
    found = []
    for finding, new in after.per_finding.items():
        if finding in before.per_finding and (old := _counts(before.per_finding[finding])) != _counts(new):
            found.append(Difference("test-films", finding, old, _counts(new)))
    old_sources, new_sources = (" + ".join(sorted(one.sources)) for one in (before, after))
    if old_sources != new_sources:
        found.append(Difference("test-sources", None, old_sources, new_sources))
    return found


def _masks(session: Session, before: Iteration, after: Iteration, split: ScoredSplit) -> list[Difference]:
    """Reference masks that gave way between both evaluations."""
    changed = changed_between(session, before.project_id, split, before.scored_change, after.scored_change)
    return [Difference("test-masks", finding, "0", str(films)) for finding, films in changed.items()]


def _counts(own: FindingMetrics) -> str:
    return f"{own.positives} + {own.negatives}"


def _sum(values: Sequence[str]) -> str:
    return " + ".join(values)


def _thresholds(labelling: Labelling) -> str:
    """Mask, positive, negative."""
    spelt = []
    for value in (labelling.tau_mask, labelling.tau_pos, labelling.tau_neg):
        named = sorted(value.items()) if isinstance(value, Mapping) else []
        spelt.append(", ".join(f"{finding} {one:g}" for finding, one in named) if named else f"{value:g}")
    return " / ".join(spelt)
