"""What reading a project cost, in seconds of each kind of work, and what was scored after how much of it."""

from fastapi import APIRouter

from overread.api.http.deps import AccountDep, SessionDep
from overread.api.schemas import Answer
from overread.domain.imaging.evaluation import Measure
from overread.domain.words import ScoredSplit, Work
from overread.services.explore import effort
from overread.services.films.projects import get_project

router = APIRouter(tags=["dashboards"])


class WorkDoneOut(Answer):
    """Reads of one kind of work (null: nobody told which): all their seconds and their median, null where no read told
    its time. What a film took is shared out among its findings by what their kinds take."""

    kind: Work | None
    reads: int
    seconds: float
    median: float | None


class MacroScoreOut(Answer):
    """The mean over findings; ``low`` and ``high`` are the means of the findings' own 95 % intervals, no narrower than
    its own."""

    value: float
    low: float | None
    high: float | None


class IterationEffortOut(Answer):
    """``before``: the seconds that had been read when it was trained; ``drawn_before``: what the same findings take at
    this project's pace when each is drawn from nothing; ``work``: what reading its labels took since. Scores are null
    where it was not evaluated on these films."""

    iteration: int
    before: float
    drawn_before: float
    work: list[WorkDoneOut]
    d_auc: MacroScoreOut | None
    dice: MacroScoreOut | None


class ReaderEffortOut(Answer):
    account_id: int
    name: str
    iteration: int
    work: list[WorkDoneOut]


class KindSecondsOut(Answer):
    """What a read of this kind takes: the median of so many ``reads`` here, where there are enough (``own``); else
    modelled seconds: keystroke-level times of the gestures that the reading room's benchmark counts."""

    kind: Work
    seconds: float
    own: bool
    reads: int


class EffortOut(Answer):
    """``split``: the films that every score is of. ``readers``: what you did yourself; for an admin, what each did."""

    split: ScoredSplit | None
    iterations: list[IterationEffortOut]
    kinds: list[KindSecondsOut]
    readers: list[ReaderEffortOut]


@router.get("/projects/{project_id}/effort")
def get_effort(project_id: int, session: SessionDep, account: AccountDep) -> EffortOut:
    """Seconds of each kind of work by iteration and reader, and the ensemble's mean scores after how much reading."""
    get_project(session, project_id)
    found = effort.project_effort(session, project_id, account)
    return EffortOut(
        split=found.split,
        iterations=[_iteration_out(one) for one in found.iterations],
        kinds=[KindSecondsOut.model_validate(one) for one in found.kinds],
        readers=[ReaderEffortOut.model_validate(one) for one in found.readers],
    )


def _iteration_out(one: effort.IterationEffort) -> IterationEffortOut:
    scores = {metric: _score_out(one.scores[metric]) if metric in one.scores else None for metric in effort.SCORES}
    work = [WorkDoneOut.model_validate(done) for done in one.work]
    return IterationEffortOut(
        iteration=one.iteration, before=one.before, drawn_before=one.drawn_before, work=work, **scores
    )


def _score_out(measured: Measure) -> MacroScoreOut | None:
    if measured.value is None:
        return None
    low, high = measured.interval or (None, None)
    return MacroScoreOut(value=measured.value, low=low, high=high)
