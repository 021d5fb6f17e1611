"""An iteration's report as one HTML file that needs nothing else: for a colleague, or for whoever has to approve it.

What was trained on, read by whom, what is certified and what not, the gate with every override, numbers with their
intervals, hashes from label to network, pictures, and in words what each number is. Whatever people typed is escaped;
there is no script in it.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

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
from overread.services.estimates.corrections import correction_told
from overread.services.estimates.live import audit_estimates
from overread.services.gate.standing import gate_standing
from overread.services.heads import counted
from overread.services.labelling.evaluation import told_metrics
from overread.services.reports.pictures import typical_and_worst
from overread.storage import BlobStore

STYLE = """body{font:15px/1.45 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1b1f22}
table{border-collapse:collapse;margin:.4rem 0 1rem}th,td{text-align:left;padding:.15rem .8rem .15rem 0;
border-bottom:1px solid #d6dade;vertical-align:top}code{font-size:.85em;overflow-wrap:anywhere}
figure{display:inline-block;margin:0 1rem 1rem 0;width:12rem;vertical-align:top}figure img{width:12rem;background:#000}
figcaption{font-size:.8rem}.override{border:2px solid #8a3c00;padding:.6rem 1rem}.failed,.red{color:#a11d1d}
.passed,.green{color:#087f5b}.amber{color:#7a4a00}.quiet{color:#565d64}"""
SCORES: tuple[Metric, ...] = ("d_auc", "dice", "sensitivity", "specificity")


class Safe(str):
    """Text that is HTML already."""


def report_html(session: Session, blobs: BlobStore, iteration: Iteration) -> str:
    """The whole page."""
    project = session.get_one(Project, iteration.project_id)
    audit = find_audit(session, iteration.id)
    title = f"{project.name}: iteration {iteration.index}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        _p(f"Stage {iteration.stage}; launched {iteration.created_at:%Y-%m-%d %H:%M} by {_name(session, iteration)}."),
        *_overrides(session, iteration),
        *_trained_on(session, iteration),
        *_read_by(session, iteration),
        *_certified(session, iteration),
        *_gate(session, iteration),
        *_scores(session, iteration),
        *(_estimates(session, audit) if audit is not None else []),
        *_bias(session, iteration),
        *_pictures(session, blobs, audit),
        *_lineage(session, iteration),
        *_statements(),
    ]
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    return head + "<body>" + "\n".join(parts) + "</body></html>\n"


def _overrides(session: Session, iteration: Iteration) -> list[str]:
    """Every gate that somebody opened by name, of this iteration and of all before it."""
    rows = session.execute(
        select(GateDecision, Iteration.index, Account.name)
        .join(Iteration, Iteration.id == GateDecision.iteration_id)
        .join(Account, Account.id == GateDecision.account_id)
        .where(Iteration.project_id == iteration.project_id, Iteration.index <= iteration.index, GateDecision.override)
        .order_by(GateDecision.id)
    ).all()
    return [
        f'<div class="override"><strong>The gate of iteration {index} was shut and opened by {escape(name)}</strong> '
        f"on {decision.created_at:%Y-%m-%d %H:%M}: “{escape(decision.reason or '')}”</div>"
        for decision, index, name in rows
    ]


def _trained_on(session: Session, iteration: Iteration) -> list[str]:
    counts = session.get_one(TrainingSet, iteration.training_set_sha256).counts
    words = "reference masks", "masks read by people", "pseudo labels"
    targets = zip((counts.reference, counts.read, counts.pseudo), words, strict=True)
    told = ", ".join(f"{number} {word}" for number, word in targets if number)
    sources = session.execute(
        select(Source.name, Source.role, Source.licence, func.count(Image.id))
        .outerjoin(Image, Image.source_id == Source.id)
        .where(Source.project_id == iteration.project_id)
        .group_by(Source.id)
        .order_by(Source.id)
    ).all()
    runs = session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position))
    plan = iteration.plan
    return [
        "<h2>What was trained on</h2>",
        _p(f"{counts.images} films: {told}. Pseudo labels entered by {plan.thresholds} thresholds."),
        _table(("Source", "Role", "Licence", "Films"), sources),
        _table(
            ("Network", "Seed", "Seconds", "Parameters"),
            [(run.recipe.name, run.seed, _number(run.seconds, 0), run.parameters or "n/a") for run in runs],
        ),
    ]


def _read_by(session: Session, iteration: Iteration) -> list[str]:
    rows = session.execute(
        select(Account.name, Account.role, Read.verdict, func.count())
        .join(Read, Read.account_id == Account.id)
        .join(AuditCase, AuditCase.id == Read.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .where(Audit.iteration_id == iteration.id, counted())
        .group_by(Account.name, Account.role, Read.verdict)
        .order_by(Account.name, Read.verdict)
    ).all()
    body = _table(("Reader", "Role", "Verdict", "Reads"), rows) if rows else _p("Nobody has read this audit yet.")
    return ["<h2>By whom its labels were read</h2>", body]


def _certified(session: Session, iteration: Iteration) -> list[str]:
    rows = certificates_of(session, iteration.id)
    body = _table(
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
    return ["<h2>What is certified</h2>", body if rows else _p("Nothing: no threshold was confirmed.")]


def _gate(session: Session, iteration: Iteration) -> list[str]:
    gate = gate_standing(session, iteration)
    state = {True: "open", False: "shut", None: "not judged yet"}[gate.open]
    rows = [(one.name, _marked("passed" if one.passed else "failed"), one.sentence) for one in gate.clauses]
    return ["<h2>The gate</h2>", _p(f"It is {state}."), _table(("Clause", "", "What was found"), rows)]


def _scores(session: Session, iteration: Iteration) -> list[str]:
    told = told_metrics(session, iteration)
    if told is None:
        return ["<h2>Scores</h2>", _p("Not evaluated yet.")]
    split, metrics = told
    rows = [
        (finding, *(_interval(one.value, one.interval) for one in map(own.measure, SCORES)))
        for finding, own in metrics.per_finding.items()
    ]
    return [f"<h2>Scores of the ensemble on {split} films</h2>", _table(("Finding", *SCORES), rows)]


def _estimates(session: Session, audit: Audit) -> list[str]:
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
    slips = [] if found.correction is None else [_p(correction_told(found.correction))]
    table = _table(("", "Of", "Value (95 %)", "Reads", "By"), rows)
    return ["<h2>The pool, by the audit</h2>", _p(state), table, *slips]


def _bias(session: Session, iteration: Iteration) -> list[str]:
    rows = []
    for told in iteration_bias(session, iteration):
        one = told.measure
        light = _marked(one.light) if one.light else "n/a"
        span = None if one.low is None else (one.low, one.high)
        rows.append((one.name, told.finding or "all", _interval(one.value, span), one.n, light))
    return ["<h2>Confirmation bias</h2>", _table(("Measure", "Finding", "Value (95 %)", "Items", "Light"), rows)]


def _pictures(session: Session, blobs: BlobStore, audit: Audit | None) -> list[str]:
    parts = ["<h2>Pictures</h2>", _p("Orange: the teachers' outline. Blue: the reader's.")]
    for word, pictures in typical_and_worst(session, blobs, audit).items():
        parts.append(f"<h3>{word.capitalize()} cases</h3>")
        for one in pictures:
            caption = f"{one.file_name}: {one.finding}, {one.decision}; {one.verdict}, Dice {_number(one.dice, 2)}"
            said = escape(caption)
            parts.append(f'<figure><img src="{one.png}" alt="{said}"><figcaption>{said}</figcaption></figure>')
    return parts


def _lineage(session: Session, iteration: Iteration) -> list[str]:
    runs = session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position))
    decisions = session.scalars(
        select(GateDecision).where(GateDecision.iteration_id == iteration.id).order_by(GateDecision.id)
    )
    trail = session.scalars(
        select(TrailLine).where(TrailLine.project_id == iteration.project_id).order_by(TrailLine.id.desc()).limit(1)
    ).one_or_none()
    rows: list[tuple[str, Any]] = [
        ("Training set", _code(iteration.training_set_sha256)),
        ("Code", _code(iteration.code_version)),
        *((f"Checkpoint of {run.recipe.name}", _code(run.checkpoint_sha256 or "n/a")) for run in runs),
        *(("Certificate", _code(row.sha256)) for row in certificates_of(session, iteration.id)),
        *(("Gate decision", _code(row.sha256)) for row in decisions),
        ("Newest line of the trail", _code(trail.sha256 if trail else "n/a")),
    ]
    return ["<h2>Lineage</h2>", _table(("What", "SHA-256"), rows)]


def _statements() -> list[str]:
    """In words what each number above is, and what it is not."""
    names = ("Number", "Population", "Sampling", "Reader and conditions", "Guarantee", "What it does not say")
    rows = [(s.number, s.population, s.sampling, s.reader, s.guarantee, s.silent) for s in in_report()]
    return ['<h2 id="numbers">What these numbers are</h2>', _table(names, rows)]


def _name(session: Session, iteration: Iteration) -> str:
    return session.get_one(Account, iteration.account_id).name if iteration.account_id else "the command line"


def _p(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _code(text: str) -> Safe:
    return Safe(f"<code>{escape(text)}</code>")


def _marked(word: str) -> Safe:
    return Safe(f'<span class="{word}">{word}</span>')


def _table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    def cells(kind: str, row: Sequence[Any]) -> str:
        return "".join(f"<{kind}>{cell if isinstance(cell, Safe) else escape(str(cell))}</{kind}>" for cell in row)

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', names)}</tr></thead><tbody>{body}</tbody></table>"


def _number(value: float | None, digits: int) -> str:
    return "n/a" if value is None else f"{value:.{digits}f}"


def _interval(value: float | None, span: Sequence[float | None] | None) -> str:
    if value is None and span is None:
        return "n/a"
    low, high = (None, None) if span is None else (span[0], span[1])
    return f"{_number(value, 3)} ({_number(low, 3)}–{_number(high, 3)})"
