"""What a study runs on: source, findings, sizes, recipes, steps, seeds. Frozen in its folder when it starts."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from overread.datasets import READERS
from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.values import to_mapping
from overread.recipes import load
from overread.services.films.projects import FINDINGS

OWN = Path(__file__).resolve().parent / "recipes"
TIERS = ("smoke", "standard", "real")


@dataclass(frozen=True)
class Sizes:
    """Films of a phantom study: labelled and development (one hospital), pool and test (shifted, with distractors)."""

    labelled: int = 48
    development: int = 48
    pool: int = 432
    test: int = 240
    shift: float = 0.3
    distractors: float = 0.3
    prevalence: float = 0.35


@dataclass(frozen=True)
class StudyPlan:
    """All that decides a study's numbers. ``recipes`` are those of iterations 0, 1, 2…; ``steps`` are the optimiser
    steps of one training, None for as many as the recipe's epochs make; ``sizes`` concern the phantom alone. Of a real
    source: how many patients are ``labelled``, and as many development ones, None for a share; films of the groups
    ``without_truth`` (column ``group`` of its films.csv) stay in the pool, and nobody knows what is on them."""

    source: str
    findings: tuple[str, ...]
    recipes: tuple[Recipe, ...]
    steps: int | None
    seeds: tuple[int, ...]
    sizes: Sizes
    resamples: int = 200
    labelled: int | None = None
    without_truth: tuple[str, ...] = ()


def plan_of(
    tier: str | None, source: str, findings: list[str] | None, recipes: list[str] | None, seeds: list[int] | None
) -> StudyPlan:
    """The plan of a tier, by default the source's. Raises InvalidInput for what there is not, or does not fit."""
    kind, path = split_source(source)
    tier = tier or ("standard" if kind == "phantom" else "real")
    if tier not in TIERS:
        raise InvalidInput(f"There is no tier {tier!r}; there are {', '.join(TIERS)}.")
    if (kind == "phantom") == (tier == "real"):
        raise InvalidInput("Tier real is for films of people, smoke and standard are for the phantom.")
    if tier == "real":
        few = kind == "siim"
        own = [f"study-{1 if few else 5}-finding-{name}" for name in ("initial", "iter1", *(["iter2"] if few else []))]
        known = ("pneumothorax",) if few else FINDINGS
        read = tuple(load(name) for name in recipes or own)
        plan = StudyPlan(f"{kind}:{Path(path).resolve()}", known, read, None, (0, 1, 2), Sizes())
    else:
        # No nodule: at 64 px it covers a few pixels, and no small network learns it.
        read = tuple(load(name) for name in recipes or [str(OWN / f"phantom-{index}.toml") for index in range(3)])
        plan = StudyPlan("phantom", FINDINGS[:4], read, 480, (0, 1, 2, 3), Sizes())
        plan = smoke(plan) if tier == "smoke" else plan
    plan = replace(plan, findings=tuple(findings or plan.findings), seeds=tuple(seeds or plan.seeds))
    if len(plan.recipes) < 2:
        raise InvalidInput("A study needs a teacher's and a student's recipe: give --recipes twice or more.")
    if set(plan.findings) - set(FINDINGS):
        raise InvalidInput(f"Findings are {', '.join(FINDINGS)}.")
    return plan


def smoke(plan: StudyPlan) -> StudyPlan:
    """The same study far too small to learn anything: it shows that every arm runs and every table fills."""
    recipes = tuple(replace(one, size=32, width=4 * (1 + index)) for index, one in enumerate(plan.recipes))
    sizes = replace(plan.sizes, labelled=12, development=12, pool=24, test=24)
    return replace(plan, recipes=recipes, steps=12, seeds=(0,), sizes=sizes, resamples=50)


def split_source(source: str) -> tuple[str, str]:
    """("phantom", "") or (reader, path); raises InvalidInput."""
    kind, _, path = source.partition(":")
    if kind not in READERS or (kind == "phantom") == bool(path):
        raise InvalidInput(f"--source is phantom, chestxdet:PATH, siim:PATH or folder:PATH, not {source!r}.")
    return kind, path


def freeze(plan: StudyPlan, folder: Path) -> None:
    """Write the plan where its runs will lie. Raises InvalidInput when another study's are there; seeds may join."""
    file, values = folder / "plan.json", as_values(plan)
    if file.exists():
        before: dict[str, Any] = json.loads(file.read_text())
        differ = [key for key, value in values.items() if key != "seeds" and before.get(key) != value]
        if differ:
            raise InvalidInput(f"{folder} holds a study with other {', '.join(differ)}. Give another --folder.")
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values, indent=1))


def as_values(plan: StudyPlan) -> dict[str, Any]:
    """The plan as plain JSON values."""
    values = asdict(plan) | {"recipes": [to_mapping(one) for one in plan.recipes]}
    return dict(json.loads(json.dumps(values)))
