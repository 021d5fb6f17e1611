"""Why an iteration's scores rose or fell since the one before it: all that is kept of both, side by side."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from sqlalchemy.orm import Session

from overread.db.tables import Iteration
from overread.domain.errors import Conflict
from overread.domain.imaging.evaluation import Measure
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.values import difference
from overread.domain.words import Metric, ScoredSplit, Teaches, Thresholds
from overread.services.explore.entered import Entered, entered
from overread.services.explore.moved import Moves, moved_films
from overread.services.explore.unlike import Difference, Scored, unlike_things
from overread.services.films.projects import get_project
from overread.services.history import previous_published
from overread.services.labelling.evaluation import ensemble_metrics

SPLITS: tuple[ScoredSplit, ...] = get_args(ScoredSplit)  # external films go before
SHOWN: tuple[Metric, ...] = ("d_auc", "dice", "sensitivity", "specificity")


@dataclass(frozen=True)
class ScoreOfBoth:
    """A score of one finding in both iterations, each with its own interval over patients."""

    finding: str
    metric: Metric
    before: Measure
    after: Measure


@dataclass(frozen=True)
class Setting:
    """A recipe's setting that differs, with both values as JSON."""

    key: str
    before: str
    after: str


@dataclass(frozen=True)
class RecipeChange:
    """A network's recipe beside the one of the iteration before; no settings where they are the same."""

    before: str
    after: str
    settings: list[Setting]


@dataclass(frozen=True)
class Why:
    """An iteration beside the one ``before`` it. ``split``: the films of ``scores``, None where none were scored in
    both. What entered its training set came in by ``thresholds``, without what was ``withheld``; with ``refresh`` no
    machine label did. ``teaches``: what those that entered taught; of contours alone their negatives taught nothing."""

    iteration: Iteration
    before: Iteration
    findings: list[str]
    split: ScoredSplit | None
    scores: list[ScoreOfBoth]
    moves: list[Moves]
    recipes: list[RecipeChange]
    unlike: list[Difference]
    entered: list[Entered]
    thresholds: Thresholds
    withheld: tuple[str, ...]
    refresh: bool
    teaches: Teaches


def why(session: Session, iteration: Iteration) -> Why:
    """What changed, as far as the iteration has come. Raises Conflict for the first, which nothing came before."""
    before = previous_published(session, iteration)
    if before is None:
        raise Conflict(f"Nothing to compare with: no iteration before number {iteration.index} labelled the pool.")

    findings = get_project(session, iteration.project_id).findings
    measured = ensemble_metrics(session, [before.id, iteration.id])
    scored = [measured.get(one.id, {}) for one in (before, iteration)]
    split = _split(scored)
    plan = iteration.plan
    return Why(
        iteration=iteration,
        before=before,
        findings=findings,
        split=split,
        scores=list(_scores(scored, split, findings)),
        moves=moved_films(session, before, iteration, findings),
        recipes=_recipes(before.plan.recipes, plan.recipes),
        unlike=unlike_things(session, before, iteration, scored, split),
        entered=entered(session, iteration, before, findings),
        thresholds=plan.thresholds,
        withheld=plan.withhold,
        refresh=plan.refresh,
        teaches="contour" if all(recipe.pseudo.teaches == "contour" for recipe in plan.recipes) else "all",
    )


def _split(scored: Sequence[Scored]) -> ScoredSplit | None:
    """The films to compare on: external ones, without any development films; of both iterations."""
    for split in SPLITS:
        if all(split in one and any(own.patients for own in one[split].per_finding.values()) for one in scored):
            return split
    return None


def _scores(scored: Sequence[Scored], split: ScoredSplit | None, findings: Sequence[str]) -> Iterator[ScoreOfBoth]:
    """Of each finding that has the score in both."""
    if split is None:
        return
    before, after = (one[split].per_finding for one in scored)
    for finding in findings:
        if finding in before and finding in after:
            for metric in SHOWN:
                old, new = before[finding].measure(metric), after[finding].measure(metric)
                if old.value is not None and new.value is not None:
                    yield ScoreOfBoth(finding, metric, old, new)


def _recipes(before: Sequence[Recipe], after: Sequence[Recipe]) -> list[RecipeChange]:
    """Network by network; the last one stands for those that only the other iteration has."""
    places = range(max(len(before), len(after)))
    pairs = [(before[min(place, len(before) - 1)], after[min(place, len(after) - 1)]) for place in places]
    pairs = [pair for place, pair in enumerate(pairs) if pair not in pairs[:place]]
    return [RecipeChange(old.name, new.name, _settings(old, new)) for old, new in pairs]


def _settings(before: Recipe, after: Recipe) -> list[Setting]:
    return [Setting(key, *map(_spelt, both)) for key, both in difference(before, after).items()]


def _spelt(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
