"""What was measured, for the pages that draw it: the benchmark of the promise (docs/bias.md), and the demo."""

from fastapi import APIRouter
from pydantic import TypeAdapter, ValidationError

from overread.api.http.deps import AccountDep, InstallationDep
from overread.api.schemas import Answer
from overread.domain.errors import InvalidInput
from overread.services.reports.demo import DemoReport, find_demo
from overread.services.reports.promise import find_report

router = APIRouter(tags=["promise"])


class IntervalOut(Answer):
    """A mean over seeds and patients with its 95 % interval."""

    mean: float
    low: float
    high: float


class ScoreOut(Answer):
    """A score, and its paired change from the table's reference; null where it was not measured."""

    score: IntervalOut | None
    change: IntervalOut | None


class ArmOut(Answer):
    """``scores`` by finding (and "macro") and metric (d_auc, id_auc, dice); ``steps`` with its teachers',
    ``minutes`` of readers (null: nobody read)."""

    arm: str
    steps: int
    minutes: float | None = None
    seeds: list[int]
    scores: dict[str, dict[str, ScoreOut]]


class QuestionOut(Answer):
    title: str
    reference: str
    rows: list[ArmOut]


class PromiseGoalOut(Answer):
    """Met when ``value`` is at least ``target``, or (``least`` false) at most; ``strict``: above, or below it."""

    name: str
    value: float | None
    target: float
    least: bool
    strict: bool
    met: bool


class PromiseOut(Answer):
    """``tables`` by task; ``own``: measured on this machine, not what the release measured."""

    own: bool = False
    findings: list[str]
    tables: dict[str, list[QuestionOut]]
    goals: list[PromiseGoalOut]


@router.get("/promise")
def get_promise(installation: InstallationDep, _account: AccountDep) -> PromiseOut:
    """The last report of ``overread benchmark bias`` below this server's data folder; without one, the release's."""
    path, own = find_report(installation.settings.data_folder)
    try:
        report = PromiseOut.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InvalidInput(f"{path} is no report of this benchmark: run it again, or take the file away.") from error
    return report.model_copy(update={"own": own})


@router.get("/demo")
def get_demo(installation: InstallationDep, _account: AccountDep) -> DemoReport | None:
    """What the demo in this server's data folder came to; null where none has ended."""
    path = find_demo(installation.settings.data_folder)
    if path is None:
        return None
    try:
        return TypeAdapter(DemoReport).validate_json(path.read_bytes())
    except ValidationError as error:
        raise InvalidInput(f"{path} is no report of this demo: run it again, or take the file away.") from error
