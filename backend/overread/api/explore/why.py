"""Why an iteration's scores rose or fell."""

from fastapi import APIRouter

from overread.api.http.deps import EngineerDep, SessionDep
from overread.api.schemas import Answer, RleOut
from overread.domain.words import (
    Decision,
    Metric,
    ScoredSplit,
    Stream,
    TargetKind,
    Teaches,
    Thresholds,
    Unlike,
    Verdict,
)
from overread.services.explore import moved
from overread.services.explore.why import why
from overread.services.stages import get_iteration

router = APIRouter(tags=["why"])


class ScoredOut(Answer):
    """``interval``: 95 %, over patients."""

    value: float
    interval: list[float] | None


class ScoreOfBothOut(Answer):
    finding: str
    metric: Metric
    before: ScoredOut
    after: ScoredOut


class MovedFilmOut(Answer):
    """One finding on one film; ``label_id`` is the later label, by which it is compared. ``truth`` is people's mask:
    by their ``verdict`` on a mask, or (null) read blind for HOLDOUT. ``dice_before``, ``dice_after``: with it, null
    where both mark nothing; ``gain``: how much the mask came nearer to it. ``learned``: the later networks learned
    from what people said of it."""

    label_id: int
    image_id: int
    file_name: str
    before: RleOut
    after: RleOut
    truth: RleOut
    verdict: Verdict | None
    learned: bool
    dice_before: float | None
    dice_after: float | None
    gain: float


class MovedGroupOut(Answer):
    """Units with people's word that the later networks learned from, or did not, and their mean gain; its 95 % interval
    is over patients, null where there is a single one."""

    learned: bool
    nearer: int
    away: int
    same: int
    gain: float
    low: float | None
    high: float | None


class MovesOut(Answer):
    """The films that gained and lost most, largest first."""

    finding: str
    groups: list[MovedGroupOut]
    gained: list[MovedFilmOut]
    lost: list[MovedFilmOut]


class SettingOut(Answer):
    """Both values as JSON."""

    key: str
    before: str
    after: str


class RecipeChangeOut(Answer):
    """Recipes by name, and the settings in which they differ."""

    before: str
    after: str
    settings: list[SettingOut]


class UnlikeOut(Answer):
    """What is not alike, with both values: numbers, with + between those of several networks (of test films: with the
    finding + without); thresholds are of mask / positive / negative."""

    what: Unlike
    finding: str | None
    before: str
    after: str


class EnteredOut(Answer):
    """Targets of a training set by finding and origin, with a lesion and without. References have a ``source``; reads
    the ``iteration`` of their audit, ``stream`` and ``verdict``; machine labels (pseudo) the ``iteration`` that made
    them and their ``decision``."""

    finding: str
    kind: TargetKind
    source: str | None
    iteration: int | None
    stream: Stream | None
    verdict: Verdict | None
    decision: Decision | None
    positives: int
    negatives: int


class ComparedOut(Answer):
    id: int
    project_id: int
    index: int


class WhyOut(Answer):
    """``split``: the films of the scores, null where none were scored in both iterations."""

    iteration: ComparedOut
    before: ComparedOut
    findings: list[str]
    split: ScoredSplit | None
    scores: list[ScoreOfBothOut]
    moves: list[MovesOut]
    recipes: list[RecipeChangeOut]
    unlike: list[UnlikeOut]
    entered: list[EnteredOut]
    thresholds: Thresholds
    withheld: list[str]
    refresh: bool
    teaches: Teaches


@router.get("/iterations/{iteration_id}/why")
def get_why(iteration_id: int, session: SessionDep, _account: EngineerDep) -> WhyOut:
    """An iteration beside the one before it: scores, films that gained and lost most, recipes, what else is not alike,
    what entered its training set from whom. Not for readers: it tells streams."""
    found = why(session, get_iteration(session, iteration_id))
    told = vars(found) | {"moves": [_moves_out(one) for one in found.moves]}
    return WhyOut.model_validate(told)


def _moves_out(moves: moved.Moves) -> MovesOut:
    groups = [MovedGroupOut(**vars(one) | vars(one.gain) | {"gain": one.gain.value}) for one in moves.groups]
    gained, lost = ([_film_out(film) for film in films] for films in (moves.gained, moves.lost))
    return MovesOut(finding=moves.finding, groups=groups, gained=gained, lost=lost)


def _film_out(film: moved.MovedFilm) -> MovedFilmOut:
    return MovedFilmOut.model_validate(vars(film) | {"truth": film.truth.mask, "verdict": film.truth.verdict})
