"""What the benchmark runs on: tasks, networks, budgets and seeds, fixed before the report seeds ran."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.study.plan import OWN, Sizes, StudyPlan, split_source
from overread.domain.errors import InvalidInput
from overread.recipes import load
from overread.services.films.projects import FINDINGS

DEVELOPMENT = tuple(range(5))  # seeds that settings may be chosen by
REPORT = tuple(range(100, 110))
RISK, DOUBT = 0.2, 0.05  # α and δ of the search's certified thresholds
# Of contours that teach a share α may be wrong: with a third wrong they still taught (docs/bias.md, the search).
ALPHA, DELTA = 0.35, 0.05
MEASURED = 0.75  # share of a certified arm's reads that measure; the others repair
BUDGETS = (4, 8)  # reads, in percent of the pool's units (film × finding)
TIERS = ("smoke", "standard", "large")
# A training's steps, of every arm. To stop one by its development films would choose by the labelled hospital what is
# to be learned of another one (docs/bias.md).
STEPS = 1920
PEOPLE_STEPS = 400  # of a network that begins at weights from other pictures
# Forty pool films a labelled one. In the easy task the pool is another sample of the labelled hospital.
TASKS = {"easy": Sizes(24, 48, 960, 240, 0.0, 0.0), "hard": Sizes(24, 48, 960, 240, 0.5, 0.6)}
PEOPLE = "people"
LABELLED = (20, 60, 200)  # films of people with a mask, of which as many again are development films


@dataclass(frozen=True)
class Source:
    """Films of people: the reader and its path, the findings, how many films are labelled, and the groups of films of
    which nobody knows what is on them."""

    name: str
    findings: tuple[str, ...]
    labelled: int
    without_truth: tuple[str, ...]


def plan_of(tier: str, task: str, seeds: Sequence[int] | None, source: Source | None = None) -> StudyPlan:
    """The plan of a tier and task. Raises InvalidInput for one that there is not."""
    if tier not in TIERS or task not in (*TASKS, PEOPLE):
        raise InvalidInput(f"Tiers are {', '.join(TIERS)}; tasks are {', '.join((*TASKS, PEOPLE))}.")
    if task == PEOPLE:
        plan = _people(source)
    else:
        # One network for all: a step costs every arm the same, and a student can go on from its teacher.
        recipe = load(str(OWN / "phantom-0.toml"))
        # No nodule: at 64 px it covers a few pixels, and no small network learns it.
        plan = StudyPlan("phantom", FINDINGS[:4], (recipe,), STEPS, REPORT, TASKS[task])
    plan = _smoke(plan) if tier == "smoke" else _large(plan) if tier == "large" else plan
    return replace(plan, seeds=tuple(seeds or plan.seeds))


def _people(source: Source | None) -> StudyPlan:
    if source is None:
        raise InvalidInput("Films of people need --source READER:PATH and --findings.")
    kind, path = split_source(source.name)
    recipe = load(str(OWN / "people.toml"))
    where = f"{kind}:{Path(path).resolve()}"
    return StudyPlan(
        where, source.findings, (recipe,), PEOPLE_STEPS, REPORT, Sizes(),
        labelled=source.labelled, without_truth=source.without_truth,
    )  # fmt: skip


def _smoke(plan: StudyPlan) -> StudyPlan:
    """Far too small to learn: it shows that every arm runs and every table fills. All that it labels is decided."""
    decided = [replace(one.labelling, tau_pos=0.5, tau_neg=0.4999, min_area=0) for one in plan.recipes]
    small = tuple(
        replace(one, size=32, width=4, batch=4, pool=replace(one.pool, batch=2), labelling=own)
        for one, own in zip(plan.recipes, decided, strict=True)
    )
    sizes = replace(plan.sizes, labelled=6, development=6, pool=40, test=10, prevalence=0.5)
    return replace(plan, findings=plan.findings[:2], recipes=small, steps=12, seeds=(0,), resamples=8, sizes=sizes)


def _large(plan: StudyPlan) -> StudyPlan:
    wide = tuple(replace(one, size=160, width=4 * one.width) for one in plan.recipes)
    sizes = replace(plan.sizes, labelled=480, development=240, pool=20_000, test=1000)
    findings = FINDINGS if plan.source == "phantom" else plan.findings
    return replace(plan, findings=findings, recipes=wide, steps=6000, sizes=sizes)
