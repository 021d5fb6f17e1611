"""What people do at a shut gate, and what that does to its promise: override, withhold what failed, have more read, or
read again what was called wrong."""

from collections.abc import Sequence

from benchmarks.wired.audits import Simulated
from benchmarks.wired.readers import Drawn, drawn_items
from benchmarks.wired.trials import Observed
from overread.db.tables import GateDecision
from overread.services.audit.more import extend
from overread.services.audit.queue import claim_case
from overread.services.audit.reads import CaseRead, FindingRead, submit_read

ASKED, TIMES = 40, 6  # further reads a finding, and how often they are asked for


def overrides(audit: Simulated) -> Observed:
    """How wrong what enters is, where a named person opens whatever gate is shut."""
    audit.read()
    shut = _passed(audit) != set(audit.room.pool.findings)
    return [("overridden", shut), *(("enters though too wrong", one) for one in _too_wrong(audit).values())]


def withholds(audit: Simulated) -> Observed:
    """How often a finding is let in whose labels are too wrong, and some one of them, where the others are withheld."""
    audit.read()
    passed = _passed(audit)
    wrong = [bad and finding in passed for finding, bad in _too_wrong(audit).items()]
    return [*(("a finding let in though too wrong", one) for one in wrong), ("some one of them", any(wrong))]


def extends(audit: Simulated) -> Observed:
    """Whether the gate opens on labels that are too wrong, where more is read each time that it is shut."""
    audit.read()
    for _ in range(TIMES):
        if _passed(audit):
            return [("false opening", 1.0)]
        for finding in audit.room.pool.findings:
            extend(audit.session, audit.audit.id, "MEASURE", finding, ASKED, 1)
        known = {item.label for case in audit.cases for item in case}
        audit.cases = drawn_items(audit.session, audit.audit.id, audit.room.first)
        audit.read([case for case in audit.cases if any(item.label not in known for item in case)])
    return [("false opening", float(bool(_passed(audit))))]


def reopens(audit: Simulated) -> Observed:
    """Whether the gate opens once it was judged and its reader then accepts, film by film, what they called wrong."""
    audit.read()
    shut = not _passed(audit)
    audit.session.add(
        GateDecision(iteration_id=audit.iteration.id, open=False, override=False, verdict=audit.ask(), sha256="0" * 64)
    )
    audit.session.flush()
    for case in audit.cases:
        if any(audit.room.words[0].wrong[item.unit] for item in case):
            _accept(audit, case)
    return [("shut", shut), ("opened by reading again", shut and bool(_passed(audit)))]


def _accept(audit: Simulated, items: Sequence[Drawn]) -> None:
    """Saved as the page saves it."""
    case = claim_case(audit.session, items[0].case, 1)
    verdicts = [FindingRead(item.finding, "accept") for item in items]
    told = CaseRead(f"{case.image_id:064x}", case.fence, case.version, 5.0, verdicts)
    assert submit_read(audit.session, case.id, 1, f"again-{case.id}", told)


def _too_wrong(audit: Simulated) -> dict[str, bool]:
    """Of each finding, whether more of its labels are wrong than the plan allows."""
    alpha = audit.iteration.plan.alpha
    return {finding: audit.error(number) > alpha for number, finding in enumerate(audit.room.pool.findings)}


def _passed(audit: Simulated) -> set[str]:
    """The findings whose clauses (a) and (b) pass."""
    own = [one for one in audit.ask(judged=False).clauses if one.name in ("enough-reads", "certified-error")]
    failed = {one.finding for one in own if not one.passed}
    return {one.finding for one in own if one.finding is not None} - failed
