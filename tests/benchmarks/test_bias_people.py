"""The benchmark of the promise on films of people: another size than the network's, some whose truth nobody knows."""

from dataclasses import replace
from pathlib import Path

from benchmarks.bias.arms import arms_of
from benchmarks.bias.plan import Source, plan_of
from benchmarks.study.bench import read_runs, run_seed
from tests.benchmarks.studies import folder_of_films


def test_the_loop_runs_on_films_of_people_and_goes_on_from_a_teacher_that_knew_pictures(tmp_path: Path) -> None:
    where = Source(f"folder:{folder_of_films(tmp_path / 'films', patients=True)}", ("nodule",), 8, ("others",))
    plan = plan_of("smoke", "people", None, where)
    assert plan.recipes[0].encoder_weights == "imagenet"
    plan = replace(plan, findings=where.findings, steps=4)
    arms = arms_of("smoke", "people")
    wanted = ("supervised", "longer", "overread@90", "reads@90", "drawn@90")
    run_seed(plan, 0, tmp_path / "bias", {name: arms[name] for name in wanted})
    runs = {run["arm"]: run for run in read_runs(tmp_path / "bias", [0])}
    assert set(runs) == set(wanted)
    loop, drawn = runs["overread@90"], runs["drawn@90"]
    assert loop["works"].get("cannot_tell")  # of films without truth
    assert 0 < drawn["minutes"] <= loop["minutes"]
    assert drawn["minutes"] / drawn["drawn"] > 14.8 / 60  # drawing on people's films costs more than a look
