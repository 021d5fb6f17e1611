"""An iteration's report as one HTML file that needs nothing else: for a colleague, or for whoever has to approve it.

What was trained on, read by whom, what is certified and what not, the gate with every override, numbers with their
intervals, hashes from label to network, pictures, and in words what each number is. ``page.html`` says how it looks:
whatever people typed is escaped, and there is no script in it.
"""

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import (
    Account,
    Audit,
    AuditCase,
    GateDecision,
    Image,
    Iteration,
    Project,
    Read,
    Run,
    Source,
    TrailLine,
    TrainingSet,
)
from overread.domain.policy.statements import in_report
from overread.domain.words import Metric
from overread.services.audit.audits import find_audit
from overread.services.estimates.bias import iteration_bias
from overread.services.estimates.certificates import certificates_of
from overread.services.estimates.corrections import correction_sentence
from overread.services.estimates.live import audit_estimates
from overread.services.gate.standing import gate_standing
from overread.services.heads import counted
from overread.services.labelling.evaluation import shown_metrics
from overread.services.reports.pictures import typical_and_worst
from overread.services.reports.sections import Code, Figure, Light, Overridden, Page, Section, Table
from overread.storage import BlobStore

SCORES: tuple[Metric, ...] = ("d_auc", "dice", "sensitivity", "specificity")


PAGE = Environment(
    loader=PackageLoader("overread.services.reports", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
).get_template("page.html")


def report_html(session: Session, blobs: BlobStore, iteration: Iteration) -> str:
    """The whole page."""
    project = session.get_one(Project, iteration.project_id)
    audit = find_audit(session, iteration.id)
    launched = f"{iteration.created_at:%Y-%m-%d %H:%M} by {_name(session, iteration)}"
    sections = [
        _trained_on(session, iteration),
        _read_by(session, iteration),
        _certified(session, iteration),
        _gate(session, iteration),
        _scores(session, iteration),
        *([_estimates(session, audit)] if audit is not None else []),
        _bias(session, iteration),
        _pictures(session, blobs, audit),
        _lineage(session, iteration),
        _statements(),
    ]
    page = Page(
        title=f"{project.name}: iteration {iteration.index}",
        state=f"Stage {iteration.stage}; launched {launched}.",
        overrides=_overrides(session, iteration),
        sections=sections,
    )
    return PAGE.render(page=page)


def _overrides(session: Session, iteration: Iteration) -> list[Overridden]:
    """Every gate that somebody opened by name, of this iteration and of all before it."""
    rows = session.execute(
        select(GateDecision, Iteration.index, Account.name)
        .join(Iteration, Iteration.id == GateDecision.iteration_id)
        .join(Account, Account.id == GateDecision.account_id)
        .where(Iteration.project_id == iteration.project_id, Iteration.index <= iteration.index, GateDecision.override)
        .order_by(GateDecision.id)
    ).all()
    return [
        Overridden(index, name, f"{decision.created_at:%Y-%m-%d %H:%M}", decision.reason or "")
        for decision, index, name in rows
    ]


def _trained_on(session: Session, iteration: Iteration) -> Section:
    counts = session.get_one(TrainingSet, iteration.training_set_sha256).counts
    words = "reference masks", "masks read by people", "pseudo labels"
    targets = zip((counts.reference, counts.read, counts.pseudo), words, strict=True)
    parts = ", ".join(f"{number} {word}" for number, word in targets if number)
    sources = session.execute(
        select(Source.name, Source.role, Source.licence, func.count(Image.id))
        .outerjoin(Image, Image.source_id == Source.id)
        .where(Source.project_id == iteration.project_id)
        .group_by(Source.id)
        .order_by(Source.id)
    ).all()
    runs = session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position))
    networks = [(run.recipe.name, run.seed, _number(run.seconds, 0), run.parameters or "n/a") for run in runs]
    return Section(
        "What was trained on",
        [f"{counts.images} films: {parts}. Pseudo labels entered by {iteration.plan.thresholds} thresholds."],
        [
            Table(("Source", "Role", "Licence", "Films"), sources),
            Table(("Network", "Seed", "Seconds", "Parameters"), networks),
        ],
    )


def _read_by(session: Session, iteration: Iteration) -> Section:
    rows = session.execute(
        select(Account.name, Account.role, Read.verdict, func.count())
        .join(Read, Read.account_id == Account.id)
        .join(AuditCase, AuditCase.id == Read.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .where(Audit.iteration_id == iteration.id, counted())
        .group_by(Account.name, Account.role, Read.verdict)
        .order_by(Account.name, Read.verdict)
    ).all()
    table, nobody = Table(("Reader", "Role", "Verdict", "Reads"), rows), "Nobody has read this audit yet."
    return Section("By whom its labels were read", [] if rows else [nobody], [table] if rows else [])


def _certified(session: Session, iteration: Iteration) -> Section:
    rows = certificates_of(session, iteration.id)
    table = Table(
        ("Finding", "Label", "Threshold", "Evidence", "α declared before reading", "Confirmed by"),
        [
            (
                row.finding,
                row.side,
                "not certified" if row.threshold is None else f"{row.threshold:.3f}",
                row.evidence.certificate.sentence,
                "yes" if row.declared else "no",
                session.get_one(Account, row.account_id).name,
            )
            for row in rows
        ],
    )
    nothing = "Nothing: no threshold was confirmed."
    return Section("What is certified", [] if rows else [nothing], [table] if rows else [])


def _gate(session: Session, iteration: Iteration) -> Section:
    gate = gate_standing(session, iteration)
    state = {True: "open", False: "shut", None: "not judged yet"}[gate.open]
    rows = [(one.name, Light("passed" if one.passed else "failed"), one.sentence) for one in gate.clauses]
    return Section("The gate", [f"It is {state}."], [Table(("Clause", "", "What was found"), rows)])


def _scores(session: Session, iteration: Iteration) -> Section:
    shown = shown_metrics(session, iteration)
    if shown is None:
        return Section("Scores", ["Not evaluated yet."])
    split, metrics = shown
    rows = [
        (finding, *(_interval(one.value, one.interval) for one in map(own.measure, SCORES)))
        for finding, own in metrics.per_finding.items()
    ]
    return Section(f"Scores of the ensemble on {split} films", tables=[Table(("Finding", *SCORES), rows)])


def _estimates(session: Session, audit: Audit) -> Section:
    found = audit_estimates(session, audit)
    rows: list[tuple[str, str, str, int, str]] = [
        (one.quantity, one.name or "all", _interval(one.value, (one.low, one.high)), one.reads, one.method)
        for one in found.final
    ] or [
        (one.quantity, one.finding or "all", _interval(one.value, (one.sequence.low, one.sequence.high)),
         len(one.path), "betting, while reading")
        for one in found.live
    ]  # fmt: skip
    state = f"{found.reads} of {found.planned} MEASURE reads; {found.cannot_tell} “cannot tell”, counted in none."
    slips = [] if found.correction is None else [correction_sentence(found.correction)]
    table = Table(("", "Of", "Value (95 %)", "Reads", "By"), rows)
    return Section("The pool, by the audit", [state], [table], slips)


def _bias(session: Session, iteration: Iteration) -> Section:
    rows = []
    for measured in iteration_bias(session, iteration):
        one = measured.measure
        light = Light(one.light) if one.light else "n/a"
        span = None if one.low is None else (one.low, one.high)
        rows.append((one.name, measured.finding or "all", _interval(one.value, span), one.n, light))
    return Section("Confirmation bias", tables=[Table(("Measure", "Finding", "Value (95 %)", "Items", "Light"), rows)])


def _pictures(session: Session, blobs: BlobStore, audit: Audit | None) -> Section:
    pictures = {
        word: [
            Figure(
                one.png, f"{one.file_name}: {one.finding}, {one.decision}; {one.verdict}, Dice {_number(one.dice, 2)}"
            )
            for one in found
        ]
        for word, found in typical_and_worst(session, blobs, audit).items()
    }
    return Section("Pictures", ["Orange: the teachers' outline. Blue: the reader's."], pictures=pictures)


def _lineage(session: Session, iteration: Iteration) -> Section:
    runs = session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position))
    decisions = session.scalars(
        select(GateDecision).where(GateDecision.iteration_id == iteration.id).order_by(GateDecision.id)
    )
    trail = session.scalars(
        select(TrailLine).where(TrailLine.project_id == iteration.project_id).order_by(TrailLine.id.desc()).limit(1)
    ).one_or_none()
    rows: list[tuple[str, Any]] = [
        ("Training set", Code(iteration.training_set_sha256)),
        ("Code", Code(iteration.code_version)),
        *((f"Checkpoint of {run.recipe.name}", Code(run.checkpoint_sha256 or "n/a")) for run in runs),
        *(("Certificate", Code(row.sha256)) for row in certificates_of(session, iteration.id)),
        *(("Gate decision", Code(row.sha256)) for row in decisions),
        ("Newest line of the trail", Code(trail.sha256 if trail else "n/a")),
    ]
    return Section("Lineage", tables=[Table(("What", "SHA-256"), rows)])


def _statements() -> Section:
    """In words what each number above is, and what it is not."""
    names = ("Number", "Population", "Sampling", "Reader and conditions", "Guarantee", "What it does not say")
    rows = [(s.number, s.population, s.sampling, s.reader, s.guarantee, s.silent) for s in in_report()]
    return Section("What these numbers are", tables=[Table(names, rows)], anchor="numbers")


def _name(session: Session, iteration: Iteration) -> str:
    return session.get_one(Account, iteration.account_id).name if iteration.account_id else "the command line"


def _number(value: float | None, digits: int) -> str:
    return "n/a" if value is None else f"{value:.{digits}f}"


def _interval(value: float | None, span: Sequence[float | None] | None) -> str:
    if value is None and span is None:
        return "n/a"
    low, high = (None, None) if span is None else (span[0], span[1])
    return f"{_number(value, 3)} ({_number(low, 3)}–{_number(high, 3)})"
