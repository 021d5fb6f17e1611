"""A study far too small to learn, and a folder of films for one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.study.plan import Sizes, StudyPlan, plan_of


def tiny() -> StudyPlan:
    plan = plan_of("smoke", "phantom", ["consolidation", "pneumothorax"], None, None)
    recipes = tuple(replace(one, width=4, batch=4, pool=replace(one.pool, batch=2)) for one in plan.recipes)
    return replace(plan, recipes=recipes, steps=2, resamples=8, sizes=Sizes(6, 6, 8, 10, prevalence=0.5))


def folder_of_films(folder: Path, patients: bool) -> Path:
    """Ninety films of 45 people, every second one with a nodule; those of p40 to p44 are of a group of their own."""
    folder.mkdir()
    rng, rows, groups = np.random.default_rng(0), ["file,patient_id"], ["file,group"]
    for patient in range(45):
        for film in range(2):
            name, pixels = f"p{patient}_{film}", rng.integers(0, 255, (40, 32)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{name}.png")
            if patient % 2:
                Image.fromarray(np.uint8(pixels > 128) * 255).save(folder / f"{name}__nodule.png")
            rows.append(f"{name}.png,p{patient}")
            groups.append(f"{name}.png,{'others' if patient >= 40 else 'read'}")
    (folder / "films.csv").write_text("\n".join(groups))
    if patients:
        (folder / "patients.csv").write_text("\n".join(rows))
    return folder
