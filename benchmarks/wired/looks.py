"""What is asked of a simulated audit: each function reads it, and tells whether what the pages say is true."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from benchmarks.wired.audits import PERFECT, Simulated, certified, plan_of, simulate
from benchmarks.wired.hidden import Bools, Reader, Truth
from benchmarks.wired.pool import NEGATIVE, POSITIVE, UNCERTAIN, VIEWS, Pool
from benchmarks.wired.readers import settle
from benchmarks.wired.trials import Observed
from overread.db.session import Database
from overread.domain.policy.gate import GateVerdict
from overread.domain.words import DECISIONS
from overread.services.estimates.final import Estimated
from overread.services.estimates.live import audit_estimates
from overread.services.estimates.strata import UNKNOWN

ALONE = {"fix": 0, "sentinel": 0, "holdout": 0, "second": 0.0}  # MEASURE alone: what else is read does not matter


class Question(Protocol):
    """Reads an audit and tells counts."""

    def __call__(self, audit: Simulated) -> Observed: ...


def run(
    database: Database,
    pool: Pool,
    number: int,
    *,
    look: Question,
    hidden: Truth,
    launch: dict[str, Any],
    readers: Sequence[Reader] = (PERFECT, PERFECT),
    edge: bool = False,
) -> Observed:
    """One audit, looked at. ``edge``: one wrong label more than the error allows, so that the gate must stay shut."""
    rng = np.random.default_rng([17, number])
    plan = plan_of(**{"seed": number} | launch)
    with simulate(database, pool, plan, hidden, rng, readers, int(edge)) as audit:
        return look(audit)


def opens(audit: Simulated) -> Observed:
    """Whether the gate opens once all is read."""
    audit.read()
    verdict = audit.ask()
    return [("opens", verdict.open), ("opens by its reads", certified(verdict))]


def opens_falsely(audit: Simulated) -> Observed:
    """The same, where it must not."""
    audit.read()
    return [("false opening", certified(audit.ask()))]


def peeks(audit: Simulated) -> Observed:
    """Whether the gate opens at some moment, asked after each film."""
    for case in audit.cases:
        audit.read([case])
        if certified(audit.ask(judged=False)):
            return [("false opening", 1.0)]
    return [("false opening", 0.0)]


def picks(audit: Simulated) -> Observed:
    """Whether it opens for readers who begin with the films whose labels are right, the others left for later."""
    audit.read([case for case in audit.cases if not any(audit.room.wrong[item.unit] for item in case)])
    return [("false opening", certified(audit.ask(judged=False)))]


def intervals(audit: Simulated) -> Observed:
    """Whether each final estimate's interval holds what it speaks of."""
    audit.read()
    observed: Observed = []
    for one in audit.estimates():
        if one.group is not None:  # of all findings together: the same over again
            where = "" if one.group == "finding" else f" by {one.group}"
            held = holds(audit, one)
            observed += [(f"{one.quantity}{where}, {one.method}", held), (f"{one.quantity}{where} held", held)]
    return observed


def watched(audit: Simulated) -> Observed:
    """Whether a live bound ever missed while reads came in, and whether the error corrected for slips is held."""
    audit.read()
    settle(audit.session, audit.audit, audit.room)
    found = audit_estimates(audit.session, audit.audit)
    observed: Observed = []
    for live in found.live:
        value = truth(audit, live.quantity, "finding" if live.finding else None, live.finding)
        broken = any(not low - 1e-9 <= value <= high + 1e-9 for _, low, high in live.path)
        observed.append((f"live {live.quantity} broken", broken))
    corrected = [one for one in found.final if one.method == "corrected"]
    return observed + [("error, corrected", holds(audit, one)) for one in corrected]


def holds(audit: Simulated, one: Estimated) -> bool:
    """Whether an interval holds the truth of what it speaks of."""
    return one.low - 1e-9 <= truth(audit, one.quantity, one.group, one.name) <= one.high + 1e-9


def truth(audit: Simulated, quantity: str, group: str | None, name: str | None) -> float:
    """What an estimate of this quantity should come to, of all findings, a finding, a source or a view."""
    labels, wrong, among = audit.room.labels, audit.room.wrong, estimated(audit)
    if group == "finding":
        among = among & (labels.finding == audit.room.pool.findings.index(str(name)))
    if group == "source":
        among = among & (labels.source == int(str(name).removeprefix("source ")) - 1)
    if group == "view":
        among = among & np.isin(labels.film % len(VIEWS), VIEWS.index(None if name == UNKNOWN else name))
    if quantity in ("dice", "missed"):
        among = among & (labels.decision == (POSITIVE if quantity == "dice" else NEGATIVE))
    lesion = (labels.decision == POSITIVE) != wrong
    values = {"error": wrong, "missed": wrong, "prevalence": lesion, "dice": ~wrong}
    return float(values[quantity][among].mean())


def estimated(audit: Simulated) -> Bools:
    """The labels that estimates speak of: all decided ones, or where strata tell a population, the gate's."""
    labels = audit.room.labels
    whole: Bools = ~labels.held & (labels.decision != UNCERTAIN)
    return audit.population if audit.audit.strata[0].population is not None else whole


def certificates(audit: Simulated) -> Observed:
    """Of each side whether a threshold passes, and of those that do whether more than α inside is wrong."""
    audit.read()
    labels, alpha = audit.room.labels, audit.iteration.plan.alpha
    observed: Observed = []
    for proposed in audit.propose(alpha, audit.iteration.plan.delta):
        one = proposed.certificate
        observed.append((f"{one.side} certified", one.threshold is not None))
        broken = False
        if one.threshold is not None:
            sign = 1 if one.side == "positive" else -1
            side = audit.population & (labels.decision == DECISIONS.index(one.side))
            inside = side & (sign * labels.presence >= sign * one.threshold)
            inside &= labels.finding == audit.room.pool.findings.index(one.finding)
            broken = bool(audit.room.wrong[inside].mean() > alpha)
            observed.append((f"{one.side} accepts", inside.sum() / side.sum()))
        observed.append(("broken", broken))
    return observed


def trust(audit: Simulated) -> Observed:
    """Whether readers are observed to be untrusted, and whether what the gate's sentence bounds is within its bound."""
    audit.read()
    verdict = audit.ask()
    failed = [not clause.passed for clause in verdict.clauses if clause.name == "reader-trust"]
    return [*(("reader-trust fails", one) for one in failed), *sentences(audit, verdict)]


def sentences(audit: Simulated, verdict: GateVerdict) -> Observed:
    """Of each finding's certified error, whether what its sentence bounds is within its bound: what is wrong, or what
    readers call wrong."""
    observed: Observed = []
    for clause in verdict.clauses:
        if clause.name == "certified-error" and clause.finding is not None and clause.value is not None:
            called = "called wrong" in clause.sentence
            of = audit.room.words[0].refused if called else audit.room.wrong
            share = audit.error(audit.room.pool.findings.index(clause.finding), of)
            observed.append(("sentence holds", clause.value >= share))
    return observed
