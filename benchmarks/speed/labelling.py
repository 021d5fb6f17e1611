"""Films labelled as a job does it, from stored film to rows in Postgres ÷ the ensemble alone, on films in memory."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

import overread_worker.ml.label
from benchmarks.goals import Goal
from benchmarks.speed.answers import Answering
from benchmarks.speed.films import FINDINGS
from benchmarks.speed.installation import open_installation, private_settings
from benchmarks.speed.measure import Measurement, counted, in_turns, peak_memory, ratio
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.parts import Labelling
from overread.settings import Settings
from overread_worker.ml.dataset import read_film
from overread_worker.ml.ensemble import combine, ensemble_presence
from overread_worker.ml.label import opinions
from overread_worker.ml.pipeline import BATCH, films_at_once, pipelined
from overread_worker.ml.predict import Members
from overread_worker.tasks.label import Ensemble, label_films

GOAL = 0.9
DECIDED = 0.35  # share of films × findings that get a mask; half of them are positive


@dataclass(frozen=True)
class Setting:
    """Networks of the ensemble, the side of maps and of films, how many films."""

    network: str
    members: int
    size: int
    film: int
    films: int
    precision: str = "32-true"

    @property
    def name(self) -> str:
        return f"{self.members} x {self.network} at {self.size} px, films of {self.film} px"

    @property
    def recipe(self) -> Recipe:
        return Recipe(self.network, self.network, width=12, size=self.size, precision=self.precision)  # type: ignore[arg-type]


CPU = (
    Setting("small-unet", 3, 96, 96, 128),
    Setting("small-unet", 3, 256, 1024, 64),
    Setting("efficientnet-b0", 2, 256, 1024, 64),
)
CUDA = tuple(Setting(f"efficientnet-{size}", 3, 512, 1024, 512, "bf16-mixed") for size in ("b5", "b6", "b7"))


def measure(folder: Path, settings: tuple[Setting, ...], repeats: int = 3) -> Iterator[Measurement]:
    """One measurement a setting."""
    for number, setting in enumerate(settings):
        with private_settings(folder / str(number)) as own:
            yield label_pool(own, setting, repeats)


def label_pool(settings: Settings, setting: Setting, repeats: int) -> Measurement:
    """Label the films of a new pool in an empty database."""
    with (
        open_installation(settings, [setting.recipe] * setting.members, setting.films, setting.film) as own,
        patch.object(overread_worker.ml.label, "Members", Answering),
    ):
        blobs, count = own.context.blobs, len(own.films)
        members = Answering([blobs.path(run.checkpoint_sha256 or "") for run in own.runs], FINDINGS, setting.recipe)
        films = np.stack([read_film(blobs.path(film.sha256), setting.size) for film in own.films])
        recipe = _with_likely_thresholds(setting.recipe, members, films[:BATCH])
        members.recipe = recipe

        def product(times: int = 1) -> None:
            # A film that comes again replaces its rows: as much work as another film, and none to be made first.
            label_films(own.context, own.labelling_id, own.films * times, Ensemble(own.runs, recipe, FINDINGS))

        steps = bare_steps(members, films) | {"product": product}
        spent: dict[str, list[float]] = {name: [] for name in steps}
        seconds = in_turns({name: counted(step, spent[name]) for name, step in steps.items()}, repeats, own.forget)
        memory: dict[str, float] = {}
        for times in (1, 4):  # once is enough to fill the pipeline twice over
            memory |= peak_memory(f"{times * count} films", lambda times=times: product(times))  # type: ignore[misc]
            own.forget()
    numbers = {"films/s": count / median(seconds["product"])}
    for bare in ("networks", "ensemble"):
        # All cores on one batch, or batches side by side: the limit is whichever is quicker in most rounds.
        quicker = min((f"{bare} together", f"{bare} in lanes"), key=lambda name: median(seconds[name]))
        numbers |= {
            f"bare {quicker}, films/s": count / median(seconds[quicker]),
            f"share of bare {bare}": ratio(seconds[quicker], seconds["product"]),
            f"share of bare {bare}, by processor time": ratio(spent[quicker][1:], spent["product"][1:]),
        }
    numbers |= {f"{name}, processor ms/film": 1e3 * median(own[1:]) / count for name, own in spent.items()}
    name = f"labelling {setting.name}"
    return Measurement(name, numbers, [Goal(name, numbers["share of bare ensemble"], GOAL)], memory)


def bare_steps(members: Members, films: NDArray[np.uint8]) -> dict[str, Callable[[], object]]:
    """What there is to compute of films in memory, by name, whose results are dropped: the networks' passes alone, or
    the ensemble's opinion as well; in batches one after the other on all cores, or side by side as the product does."""

    def together(compute: Callable[[NDArray[np.uint8]], object]) -> None:
        for start in range(0, len(films), films_at_once()):
            compute(films[start : start + films_at_once()])

    def in_lanes(compute: Callable[[NDArray[np.uint8]], object]) -> None:
        def drop(batch: list[NDArray[np.uint8]]) -> list[None]:
            compute(np.stack(batch))
            return [None] * len(batch)

        deque(pipelined(films, lambda film: film, drop, lambda _film, _made: None), maxlen=0)

    def opinion(batch: NDArray[np.uint8]) -> object:
        return opinions(members, None, batch)

    return {
        "networks together": lambda: together(members.predict),
        "networks in lanes": lambda: in_lanes(members.predict),
        "ensemble together": lambda: together(opinion),
        "ensemble in lanes": lambda: in_lanes(opinion),
    }


def _with_likely_thresholds(recipe: Recipe, members: Members, films: NDArray[np.uint8]) -> Recipe:
    """Thresholds at which these networks decide as often as good ones would."""
    maps, classifier = members.predict(films)
    combined, _ = combine(maps, classifier, recipe.labelling.ensemble)
    presence = ensemble_presence(combined, classifier)
    low, high = (presence.quantile(share, dim=0) for share in (1 - DECIDED, 1 - DECIDED / 2))
    thresholds = {
        name: dict(zip(FINDINGS, own.tolist(), strict=True)) for name, own in (("tau_neg", low), ("tau_pos", high))
    }
    return replace(recipe, labelling=Labelling(**thresholds))  # type: ignore[arg-type]
