"""What the benchmark runs on: the phantom's dials and the audit's settings, fixed before the report seeds ran."""

from dataclasses import replace

from benchmarks.study.plan import OWN, Plan, Sizes
from overread.domain.errors import InvalidInput
from overread.recipes import load
from overread.services.films.projects import FINDINGS

DEVELOPMENT = tuple(range(5))  # seeds that settings may be chosen by
REPORT = tuple(range(100, 110))
RISK, DOUBT = 0.2, 0.05  # α and δ of the certified thresholds
MEASURED = 0.75  # share of a gated arm's reads that measure; the others repair
BUDGETS = (1, 2, 4, 8, 16)  # reads, in percent of the pool's units (film × finding)
TIERS = ("smoke", "standard", "large")
# Forty pool films a labelled one. In the easy task the pool is another sample of the labelled hospital.
TASKS = {"easy": Sizes(24, 48, 960, 240, 0.0, 0.0), "hard": Sizes(24, 48, 960, 240, 0.5, 0.6)}


def plan_of(tier: str, task: str, seeds: list[int] | None) -> Plan:
    """The plan of a tier and task. Raises InvalidInput for one that there is not."""
    if tier not in TIERS or task not in TASKS:
        raise InvalidInput(f"Tiers are {', '.join(TIERS)}; tasks are {', '.join(TASKS)}.")
    # One network for all: a step costs every arm the same, and a student can go on from its teacher.
    recipes = (load(str(OWN / "phantom-0.toml")),)
    # No nodule: at 64 px it covers a few pixels, and no small network learns it.
    plan = Plan("phantom", FINDINGS[:4], recipes, 480, REPORT, TASKS[task])
    if tier == "smoke":  # far too small to learn: it shows that every arm runs, every table fills
        small = tuple(replace(one, size=32, width=4, batch=4, pool=replace(one.pool, batch=2)) for one in recipes)
        sizes = replace(plan.sizes, labelled=6, development=6, pool=40, test=10, prevalence=0.5)
        plan = replace(plan, findings=plan.findings[:2], recipes=small, steps=2, seeds=(0,), resamples=8, sizes=sizes)
    if tier == "large":
        wide = tuple(replace(one, size=160, width=4 * one.width) for one in recipes)
        sizes = replace(plan.sizes, labelled=480, development=240, pool=20_000, test=1000)
        plan = replace(plan, findings=FINDINGS, recipes=wide, steps=6000, sizes=sizes)
    return replace(plan, seeds=tuple(seeds or plan.seeds))
