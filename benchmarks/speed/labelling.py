"""Films labelled as a job does it, from stored film to rows in Postgres ÷ the ensemble's forward passes alone."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.goals import Goal
from benchmarks.speed.films import FINDINGS
from benchmarks.speed.installation import open_installation, private_settings
from benchmarks.speed.measure import Measurement, in_turns, peak_memory, ratio
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.parts import Labelling
from overread.settings import Settings
from overread_worker.ml.dataset import read_film
from overread_worker.ml.ensemble import combine, ensemble_presence
from overread_worker.ml.pipeline import BATCH, pipelined
from overread_worker.ml.predict import Members
from overread_worker.tasks.label import Ensemble, label_films

GOAL = 0.9
DRAWN, MARKED = 0.35, 0.05  # share of films × findings that get a mask, and of its pixels


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
    with open_installation(settings, [setting.recipe] * setting.members, setting.films, setting.film) as own:
        blobs, count = own.context.blobs, len(own.films)
        members = Members([blobs.path(run.checkpoint_sha256 or "") for run in own.runs], FINDINGS, setting.recipe)
        films = np.stack([read_film(blobs.path(film.sha256), setting.size) for film in own.films])
        recipe = _with_likely_thresholds(setting.recipe, members, films[:BATCH])

        def together() -> None:
            for start in range(0, count, BATCH):
                members.predict(films[start : start + BATCH])

        def predict(batch: list[NDArray[np.uint8]]) -> list[None]:
            members.predict(np.stack(batch))
            return [None] * len(batch)

        def in_lanes() -> None:
            deque(pipelined(films, lambda film: film, predict, lambda _film, _made: None), maxlen=0)

        def product(times: int = 1) -> None:
            # A film that comes again replaces its rows: as much work as another film, and none to be made first.
            label_films(own.context, own.labelling_id, own.films * times, Ensemble(own.runs, recipe, FINDINGS))

        steps = {"together": together, "in lanes": in_lanes, "product": product}
        seconds = in_turns(steps, repeats, own.forget)
        # All cores on one batch, or batches side by side: the limit is whichever is quicker.
        bare = [min(both) for both in zip(seconds["together"], seconds["in lanes"], strict=True)]
        share = ratio(bare, seconds["product"])
        memory: dict[str, float] = {}
        for times in (1, 4):  # once is enough to fill the pipeline twice over
            memory |= peak_memory(f"{times * count} films", lambda times=times: product(times))  # type: ignore[misc]
            own.forget()
    numbers = {
        "films/s": count / median(seconds["product"]),
        "bare films/s": count / median(bare),
        "bare films/s, a batch at a time": count / median(seconds["together"]),
        "share of bare": share,
    }
    name = f"labelling {setting.name}"
    return Measurement(name, numbers, [Goal(name, share, GOAL)], memory)


def _with_likely_thresholds(recipe: Recipe, members: Members, films: NDArray[np.uint8]) -> Recipe:
    """Thresholds at which networks that never learnt decide as often, and mark as much, as good ones would."""
    maps, classifier = members.predict(films)
    combined, _ = combine(maps, classifier, recipe.labelling.ensemble)
    presence = ensemble_presence(combined, classifier)
    low, high = (presence.quantile(share, dim=0) for share in (1 - DRAWN, 1 - DRAWN / 2))
    return replace(
        recipe,
        labelling=Labelling(
            tau_neg=dict(zip(FINDINGS, low.tolist(), strict=True)),
            tau_pos=dict(zip(FINDINGS, high.tolist(), strict=True)),
            tau_mask=float(np.quantile(combined.cpu().numpy(), 1 - MARKED)),
        ),
    )
