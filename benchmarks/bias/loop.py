"""The product's loop as an arm: teacher, audit, a teacher taught by the reads, audit, gate, student.

Every label lies in Postgres, every audit is the product's own draw, read in its queue through what the page shows, and
judged by its gate; what the frozen training set holds is what the student meets. Findings that the gate refuses are
withheld, as its sentence asks. The control learns from the very same reads, for the same steps, and from no machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.bias.audits import is_bad, shown
from benchmarks.bias.kept import keep_reads, read_kept
from benchmarks.bias.plan import ALPHA, DELTA
from benchmarks.bias.readers import Kind, Reader, Reading
from benchmarks.bias.room import Room, furnish, open_installation
from benchmarks.bias.teachers import going_on, teacher_of
from benchmarks.study.films import hidden_truth
from benchmarks.study.workbench import Outcome, Trained, Workbench
from overread.domain.errors import GateShut
from overread.domain.imaging.masks import decode, dice
from overread.domain.learning.recipe import Recipe
from overread.domain.policy.gate import Judgement, unacceptable
from overread.domain.policy.plan import Plan
from overread.domain.words import Teaches, Work
from overread.services.loop.training_sets import ManifestItem, teaching_items
from overread_worker.ml.label import FilmLabels, FindingLabel

HELD_OUT = 0.0  # of the pool's patients
TRUTH = 0.5  # share of people's films in a mini-batch of the student
TESTS = 14  # reads of the second audit that test its readers: six planted errors, all found, are enough to trust them
TRIES = 3  # how often more planted errors are asked for: one may be right where the machine was wrong
FORECLOSE = ("enough-reads", "certified-error")  # clauses that withholding their finding answers


@dataclass(frozen=True)
class Course:
    """How the loop runs: what a machine's labels teach, who reads, and for which ``budget``: as many minutes, about, as
    it takes to draw so many percent of the pool's films whole. Of so many films each audit measures a share of a
    finding's labels (``measure``), and reads the rest of the films that it looks at."""

    budget: float
    teaches: Teaches = "contour"
    kind: Kind = "perfect"
    measure: tuple[float, float] = (0.42, 0.31)


@dataclass
class Diary:
    """What happened on the way: of each audit its verdict, and of both what was read and what it cost."""

    reading: Reading
    rounds: list[dict[str, Any]] = field(default_factory=list)


def loop(bench: Workbench, name: str, course: Course) -> Outcome:
    """The whole loop; ``about`` tells of reads, minutes, verdicts, and how wrong what a machine taught was."""
    network, diary = teacher_of(bench), Diary(_reading(bench))
    with open_installation(bench.folder / "installations" / f"{bench.seed}-{name}") as database:
        room = furnish(bench, database, name, HELD_OUT)
        turns = [_plan(bench, course, network.recipe, turn) for turn in range(3)]
        withheld: list[str] = []
        for turn, plan in enumerate(turns):
            try:
                iteration = room.launch(replace(plan, withhold=tuple(withheld)))
            except GateShut as shut:  # then the last network stays
                diary.rounds[-1]["shut"] = shut.detail
                break
            if turn:
                network = _taught(bench, room, f"{name}-{turn}", iteration, plan.recipes[0], network)
            if turn < len(turns) - 1:
                room.label(iteration, network, nonce=bench.seed * 10 + turn)
                withheld = _audit(bench, room, course, iteration, network, diary)
        keep_reads(bench, name, room.reads(), diary.reading)
        entered = _entered(bench, teaching_items(room.training_set(iteration), turns[-1].recipes[0].pseudo))
    return Outcome((network,), about={**_told(diary), "entered": entered, "withheld": withheld})


def reads_alone(bench: Workbench, name: str, of: str) -> Outcome:
    """The control: what people said in the loop of this name, all of it from the first, no machine's label, and as many
    steps. ``minutes``: had they drawn it all from nothing."""
    kept = read_kept(bench, of)
    works = [[_drawn(counts) for counts in item.counts.values()] for item in kept.items]
    network = _on_reads(bench, name, kept.items)
    return Outcome((network,), about={"reads": sum(map(len, works)), "minutes": _minutes(bench, works)})


def drawn_films(bench: Workbench, name: str, of: str) -> Outcome:
    """What the same minutes buy without the product: films at random, every finding drawn from nothing."""
    minutes, works = read_kept(bench, of).minutes, list[list[Work]]()
    known = [item for item in hidden_truth(bench.folder, bench.seed, "pool") if item.counts]
    items: list[ManifestItem] = []
    for row in np.random.default_rng([bench.seed, 5]).permutation(len(known)).tolist():
        one = known[row]
        own = [_drawn(counts) for counts in one.counts.values()]
        if _minutes(bench, [*works, own]) > minutes:
            break
        works.append(own)
        sizes = (one.image.name, one.height, one.width, one.patient)
        items.append(ManifestItem(*sizes, dict(one.counts), dict(one.weights), frozenset()))
    network = _on_reads(bench, name, items)
    return Outcome(
        (network,), about={"drawn": len(works), "reads": sum(map(len, works)), "minutes": _minutes(bench, works)}
    )


def _on_reads(bench: Workbench, name: str, known: list[ManifestItem]) -> Trained:
    network, recipe = teacher_of(bench), going_on(bench)
    items = bench.taught(known, recipe)
    read = frozenset((item.image_sha256, finding) for item in known for finding in item.counts)
    for turn in (1, 2):
        network = bench.train(f"{name}-{turn}", recipe, items, network, read=read)
    return network


def _drawn(counts: bytes | None) -> Work:
    """What it takes to say of a film from nothing what is on it."""
    return "reject" if counts is None else "draw"


def _reading(bench: Workbench) -> Reading:
    return Reading(of_people=bench.plan.source != "phantom")


def _minutes(bench: Workbench, films: Sequence[Sequence[Work]]) -> float:
    """Of films whose findings are all drawn from nothing."""
    reading = _reading(bench)
    for works in films:
        reading.spend(works, blind=True)
    return reading.minutes


def _plan(bench: Workbench, course: Course, recipe: Recipe, turn: int) -> Plan:
    """Two audits of one budget: the first repairs and is read at random, the second measures what is to teach. HOLDOUT
    is not declared: so small a pool has too few patients to show a margin."""
    films = len(bench.sets.pool)
    measure = max(1, round(course.budget / 100 * films * course.measure[min(turn, 1)]))
    after = going_on(bench)
    student = replace(after, pseudo=replace(after.pseudo, teaches=course.teaches, truth_share=TRUTH))
    return Plan(
        recipes=((recipe, after, student)[turn],), seed=bench.seed, alpha=ALPHA, delta=DELTA, refresh=turn == 1,
        measure=measure, min_reads=min(measure, 20), sentinel=TESTS if turn else 0, holdout=0, positives=0,
        fix=films, fix_by="film", keep_out=0.0, second=0.05, teaches="all" if turn == 0 else course.teaches,
    )  # fmt: skip


def _taught(bench: Workbench, room: Room, name: str, iteration: int, recipe: Recipe, teacher: Trained) -> Trained:
    items = bench.taught(room.training_set(iteration), recipe)
    return bench.train(name, recipe, items, teacher, read=room.units_read())


def _audit(bench: Workbench, room: Room, course: Course, iteration: int, network: Trained, diary: Diary) -> list[str]:
    """Read the audit and ask the gate; returns the findings to withhold: all of them where withholding does not open
    it."""
    readers = {
        "first reader": Reader(course.kind, bench.folder, bench.seed),
        "second reader": Reader(course.kind, bench.folder, bench.seed, 1),
    }
    room.read(iteration, readers, diary.reading)
    asked = room.ask(iteration)
    for _ in range(TRIES):
        plants = next((one.more for one in asked.failing if one.stream == "SENTINEL"), None)
        if plants is None:
            break
        room.plant_more(iteration, plants)
        room.read(iteration, readers, diary.reading)
        asked = room.ask(iteration)
    failing = sorted({one.finding for one in asked.failing if one.finding and one.name in FORECLOSE})
    again = room.ask(iteration, failing)
    diary.rounds.append(_round(room, iteration, bench.labels(network), readers["first reader"], asked, again))
    return failing if again.open else list(bench.plan.findings)


def _round(
    room: Room, iteration: int, films: list[FilmLabels], reader: Reader, asked: Judgement, again: Judgement
) -> dict[str, Any]:
    """Scorer's part: of each finding that the gate judged its bound, beside the share that this reader calls wrong."""
    rows = room.population(iteration)
    bounds = {one.finding: one for one in asked.clauses if one.name == "certified-error" and one.finding}
    told = {}
    for finding, clause in bounds.items():
        wrong = []
        for row in rows[finding]:
            label = next(one for one in films[row].labels if one.finding == finding)
            known = reader.knows(row, finding)  # "cannot tell" counts as wrong
            wrong.append(not known or _calls_wrong(reader, row, label))
        share = float(np.mean(wrong)) if wrong else 0.0
        told[finding] = {"bound": clause.value, "passed": clause.passed, "share": share, "labels": len(wrong)}
    return {"open": again.open, "failing": [one.name for one in again.failing], "findings": told}


def _calls_wrong(reader: Reader, row: int, label: FindingLabel) -> bool:
    proposed = shown(label, reader.truth(row, label.finding))
    return is_bad(label, proposed, reader.read(row, label.finding, proposed))


def _entered(bench: Workbench, items: list[ManifestItem]) -> dict[str, list[int]]:
    """Scorer's part: of a machine's targets that teach, by finding and side, how many are wrong and how many there
    are."""
    truth = Reader("perfect", bench.folder, bench.seed)
    rows = {item.image.name: row for row, item in enumerate(bench.sets.pool)}
    found: dict[str, list[int]] = {}
    for item in items:
        for finding in sorted(item.machine):
            if not truth.knows(rows[item.image_sha256], finding):
                continue
            counts = item.counts[finding]
            lesion = truth.truth(rows[item.image_sha256], finding)
            mask = np.zeros_like(lesion) if counts is None else decode(counts, *lesion.shape)
            side = "positive" if counts is not None else "negative"
            tally = found.setdefault(f"{finding} {side}", [0, 0])
            tally[0] += unacceptable(side, "fix", dice(mask, lesion))
            tally[1] += 1
    return found


def _told(diary: Diary) -> dict[str, Any]:
    works = dict(diary.reading.works)
    return {
        "reads": sum(works.values()),
        "minutes": diary.reading.minutes,
        "works": works,
        "rounds": diary.rounds,
    }
