"""The settings that the gate, the estimates and the certificates are held to, and the goal of each."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from benchmarks.goals import Goal
from benchmarks.wired import looks, reads_needed, ways
from benchmarks.wired.chains import chain
from benchmarks.wired.hidden import Reader, Truth
from benchmarks.wired.pool import PoolPlan
from benchmarks.wired.trials import USUAL, Aim, Counted, Trial, over_all
from overread.services.estimates.strata import QUANTITIES

ONE = PoolPlan()
FIVE = PoolPlan(findings=5, uncertain=0.05)
SMALL = PoolPlan(films=3000)  # where an audit is asked after every read, or five follow one another
MISSING = Reader(find=2 / 3)
DELTA = 0.05
HELD = 0.94  # of 95 % intervals
FALSE = (Aim("false opening", DELTA, least=False),)


def powers() -> list[Trial]:
    """How often labels that are good enough open the gate."""
    wanted = (
        (0.1, 0.02, 100, 0.8),
        (0.1, 0.05, 400, 0.85),
        (0.05, 0.02, 800, 0.9),
    )
    found = [
        trial(
            f"alpha {alpha:.0%}, error {error:.0%}, {reads} reads", ONE, looks.opens, Truth(error),
            {"alpha": alpha, "measure": reads}, (Aim("opens", least),),
        )
        for alpha, error, reads, least in wanted
    ]  # fmt: skip
    found.append(trial("no error, the default launch", FIVE, looks.opens, Truth(0.0), {}, (Aim("opens", 0.99),), 100))
    return found


def falsities() -> list[Trial]:
    """How often the gate opens though one label too many is wrong."""
    plain = looks.ALONE | {"measure": 100}
    unsure = (Reader(unsure=0.01, unsure_there=0.1),) * 2
    many = PoolPlan(sources=24)
    settings: list[tuple[str, PoolPlan, Truth, dict[str, Any]]] = [
        ("at the edge", ONE, Truth(0.1), {}),
        ("a finding of 1 %, its positives wrong first", PoolPlan(prevalence=0.01), Truth(0.1, positives=True), {}),
        ("24 sources, errors where risk is high", many, Truth(0.1, risk=2), {}),
        ("patients of ten films, wrong together", PoolPlan(patient=10), Truth(0.1, together=True), {}),
        ("cannot tell in half the sources", many, Truth(0.1), {"readers": unsure}),
    ]
    found = [
        trial(name, pool, looks.opens_falsely, truth, plain, FALSE, edge=True, **more)
        for name, pool, truth, more in settings
    ]
    picked = looks.ALONE | {"measure": 200}
    few = looks.ALONE | {"measure": 60}
    found.append(trial("asked after every film", SMALL, looks.peeks, Truth(0.1), few, FALSE, 100, edge=True))
    found.append(trial("right labels read first", ONE, looks.picks, Truth(0.1), picked, FALSE, 100, edge=True))
    again = {"measure": 400, "keep_out": 0.0}
    whole = (*FALSE, Aim("false opening in a row", DELTA, least=False))
    for name, launch, turns, aims in (
        ("five iterations on defaults", {}, 5, FALSE),
        ("five iterations, the project's doubt", {"family": "project"}, 5, whole),
        ("three of 400 reads", again, 3, FALSE),
    ):
        row = partial(chain, truth=Truth(0.12), launch=launch, turns=turns)
        found.append(Trial(f"{name}, error 12 %", SMALL, row, aims, 40))
    return found


def coverages() -> list[Trial]:
    """How often the intervals of final estimates hold the truth."""
    aims = tuple(Aim(f"{name} held", HELD) for name in QUANTITIES)
    found = [trial("default launch, error 5 %", FIVE, looks.intervals, Truth(0.05, risk=1), {}, aims)]
    for error in (0.01, 0.1):
        for prevalence in (0.01, 0.1, 0.3):
            for sources, patient in ((1, 1), (24, 1), (1, 10)):
                pool = PoolPlan(films=4000, prevalence=prevalence, sources=sources, patient=patient)
                truth = Truth(error, risk=1, together=patient > 1)
                name = f"error {error:.0%}, prevalence {prevalence:.0%}, {sources} sources, {patient} films a patient"
                found.append(trial(name, pool, looks.intervals, truth, {"measure": 200}, (), 60))
    return found


def goals_of(part: str, found: Sequence[Counted]) -> list[Goal]:
    """The goals of each setting, and of all settings of a part together."""
    each = [goal for counted in found for goal in counted.goals()]
    together = [goal for name in QUANTITIES for goal in over_all(found, f"{name} held", HELD)]
    return each + (together if part == "intervals" else [])


def certificates() -> list[Trial]:
    """How often a certificate is broken, and how often one is had."""
    broken = Aim("broken", DELTA, least=False)
    pool, found = PoolPlan(prevalence=0.5), []
    for reads in (1000, 3000):
        aims = (broken, Aim("positive certified", 0.95), Aim("negative certified", 0.95))
        launch = looks.ALONE | {"measure": reads}
        found.append(trial(f"error 5 %, {reads} reads", pool, looks.certificates, Truth(0.05), launch, aims, 40))
    lax = looks.ALONE | {"measure": 1000}
    name = "error 12 %, more where labels are unsure, 1000 reads"
    found.append(trial(name, pool, looks.certificates, Truth(0.12, risk=2), lax, (broken,), 100))
    found.append(
        trial("error 10.01 % everywhere, 1000 reads", pool, looks.certificates, Truth(0.1001), lax, (broken,), 100)
    )
    return found


def readers() -> list[Trial]:
    """Readers who miss a third of wrong masks, and what the gate says on their word."""
    slack = (MISSING, MISSING)
    aims = (Aim("reader-trust fails", 0.9), Aim("sentence holds", 1 - DELTA))
    found = [trial("a third missed, the default launch", FIVE, looks.trust, Truth(0.1), {}, aims, readers=slack)]
    more = (Aim("sentence holds", 1 - DELTA),)
    many = {"measure": 400}
    found.append(trial("a third missed, 400 reads", ONE, looks.trust, Truth(0.1), many, more, readers=slack))
    perfect = (Aim("reader-trust fails", 0.02, least=False),)
    found.append(trial("nothing missed, the default launch", FIVE, looks.trust, Truth(0.02), {}, perfect, 60))
    return found


def rounds() -> list[Trial]:
    """Three iterations in a row whose readers err: what they taught is as they said it."""
    err = (Reader(find=0.8, refuse=0.05), Reader(find=0.7, refuse=0.02))
    aims = (Aim("sentence holds", 1 - DELTA),)
    found = []
    for error, launch in ((0.05, {}), (0.12, {}), (0.12, {"measure": 400})):
        for errors in ("called", "true"):
            row = partial(chain, truth=Truth(error), launch={**launch, "errors": errors}, turns=3, readers=err)
            reads = f"{launch['measure']} reads" if launch else "the default launch"
            name = f"three rounds, readers who err, error {error:.0%}, {reads}, errors {errors}"
            found.append(Trial(name, SMALL, row, (*aims, *FALSE) if errors == "true" else aims, 40))
    return found


def watching() -> list[Trial]:
    """Bounds that are looked at while readers read, and the error corrected for the slips of those who err."""
    broken = tuple(Aim(f"live {name} broken", DELTA, least=False) for name in QUANTITIES)
    slips = (Reader(find=0.8, refuse=0.05),) * 2
    launch = {"measure": 100, "sentinel": 40, "second": 0.3}
    held = (Aim("error, corrected", HELD),)
    return [
        trial("watched, error 10 %", ONE, looks.watched, Truth(0.1, risk=1), launch, broken, 100),
        trial("readers who slip, error 10 %", ONE, looks.watched, Truth(0.1, risk=1), launch, held, readers=slips),
    ]


def people() -> list[Trial]:
    """What people do at a shut gate: withhold, have more read, override."""
    each = (Aim("a finding let in though too wrong", DELTA, least=False),)
    hundred, few = looks.ALONE | {"measure": 100}, looks.ALONE | {"measure": 40}
    return [
        trial("withholding what fails", FIVE, ways.withholds, Truth(0.1), hundred, each, edge=True),
        trial("40 more reads, up to six times", ONE, ways.extends, Truth(0.1), few, FALSE, edge=True),
        trial(
            "bad ones read again after the verdict", ONE, ways.reopens, Truth(0.1), few,
            (Aim("opened by reading again", 0.0, least=False),), 40, edge=True,
        ),
        trial("overriding what is shut, error 12 %", FIVE, ways.overrides, Truth(0.12), hundred, (), 60),
    ]  # fmt: skip


def again() -> list[Trial]:
    """What the second iteration measures, on the seed that launches have by default."""
    two = partial(chain, truth=Truth(0.05), launch={"measure": 200, "keep_out": 0.0}, turns=2)
    aims = (
        Aim("MEASURE drawn again", 0.02, least=False),
        Aim("error held, stratified", HELD),
        Aim("filled in, not one's own", 0.0, least=False),
    )
    return [Trial("the second iteration, error 5 %, 200 reads", ONE, two, aims, 60)]


def trial(
    name: str, pool: PoolPlan, look: looks.Question, truth: Truth, launch: dict[str, Any], aims: tuple[Aim, ...],
    audits: int = USUAL, **more: Any,
) -> Trial:  # fmt: skip
    run = partial(looks.run, look=look, hidden=truth, launch=launch, **more)
    return Trial(name, pool, run, aims, audits)


PARTS: dict[str, Callable[[], list[Trial]]] = {
    "power": powers,
    "false-opening": falsities,
    "intervals": coverages,
    "certificates": certificates,
    "readers": readers,
    "rounds": rounds,
    "watching": watching,
    "people": people,
    "again": again,
    "table": reads_needed.trials,
}
