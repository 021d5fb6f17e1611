"""Certified thresholds: the dial of α and what it would accept, confirming it, and what would be trained on."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from overread.api.http.deps import EngineerDep, SessionDep
from overread.api.schemas import Answer, Body, Risk
from overread.domain.policy.certify import Evidence, Proposed
from overread.domain.words import Side, Thresholds
from overread.services.audit.audits import audit_of
from overread.services.estimates import certificates
from overread.services.estimates.doubt import certificate_doubt
from overread.services.gate import what_if
from overread.services.stages import get_iteration

router = APIRouter(tags=["certificates"])
Doubt = Annotated[Risk | None, Query(description="the declared δ when not given")]


class ProposedOut(Answer):
    """``threshold`` null: nothing is certified, and ``sentence`` says why. ``decided`` labels are there by hand."""

    finding: str
    side: Side
    threshold: float | None
    labels: int
    pixels: int
    sources: dict[str, int]
    decided: int
    expected_errors: float
    reads: int
    errors: int
    sentence: str


class DialOut(Answer):
    """``left``: MEASURE items not read yet; until there are none the dial is a look ahead and nothing is confirmed."""

    alpha: float
    delta: float
    declared_alpha: float
    declared_delta: float
    left: int
    proposed: list[ProposedOut]


class RiskIn(Body):
    alpha: Risk
    delta: Risk | None = None


class CertificateOut(Answer):
    finding: str
    side: Side
    alpha: float
    delta: float
    threshold: float | None
    declared: bool
    evidence: Evidence
    account_id: int
    sha256: str
    created_at: datetime


class EntersOut(Answer):
    """What of a finding and side would be trained on: labels and the sum of their weights, by source, and the share of
    wrong ones with its 95 % interval (null where no read speaks of it)."""

    finding: str
    side: Side
    labels: int
    weight: float
    sources: dict[str, int]
    error: float | None
    low: float | None
    high: float | None
    reads: int


class WhatIfOut(Answer):
    """``gpu_hours`` null: no run of before tells how long one takes."""

    thresholds: Thresholds
    alpha: float
    enters: list[EntersOut]
    images: int
    human: int
    gpu_hours: float | None


@router.get("/iterations/{iteration_id}/certificates/dial")
def turn_dial(
    iteration_id: int, session: SessionDep, _account: EngineerDep, alpha: Risk = 0.1, delta: Doubt = None
) -> DialOut:
    """What would be certified at this α, and what that would accept; nothing is recorded."""
    iteration = get_iteration(session, iteration_id)
    delta = certificate_doubt(session, iteration) if delta is None else delta
    proposed = certificates.propose(session, iteration, alpha, delta)
    return DialOut(
        alpha=alpha,
        delta=delta,
        declared_alpha=iteration.plan.alpha,
        declared_delta=certificate_doubt(session, iteration),
        left=certificates.reads_left(session, audit_of(session, iteration)),
        proposed=[_proposed_out(one) for one in proposed],
    )


@router.get("/iterations/{iteration_id}/certificates")
def list_certificates(iteration_id: int, session: SessionDep, _account: EngineerDep) -> list[CertificateOut]:
    """The newest certificate of each finding and side."""
    get_iteration(session, iteration_id)
    rows = certificates.certificates_of(session, iteration_id)
    return [CertificateOut.model_validate(row) for row in rows]


@router.post("/iterations/{iteration_id}/certificates", status_code=201)
def confirm(iteration_id: int, body: RiskIn, session: SessionDep, account: EngineerDep) -> list[CertificateOut]:
    """Store what is certified at this α, and the declared δ or another, under your name; 409 while MEASURE items are
    unread."""
    iteration = get_iteration(session, iteration_id, lock=True)
    delta = certificate_doubt(session, iteration) if body.delta is None else body.delta
    rows = certificates.confirm(session, iteration, body.alpha, delta, account.id)
    session.flush()
    for row in rows:
        session.refresh(row)
    return [CertificateOut.model_validate(row) for row in rows]


@router.get("/iterations/{iteration_id}/what-if")
def ask_what_if(
    iteration_id: int,
    session: SessionDep,
    _account: EngineerDep,
    alpha: Risk = 0.1,
    delta: Doubt = None,
    thresholds: Thresholds = "certified",
) -> WhatIfOut:
    """How much would enter the next training set, from where, how wrong, and for how many GPU-hours."""
    iteration = get_iteration(session, iteration_id)
    delta = certificate_doubt(session, iteration) if delta is None else delta
    found = what_if.ask(session, iteration, alpha, delta, thresholds)
    return WhatIfOut.model_validate(found)


def _proposed_out(one: Proposed) -> ProposedOut:
    certificate, accepted = one.certificate, one.accepted
    passed = next((step for step in certificate.steps if step.passed and step.threshold == certificate.threshold), None)
    shown = passed or max(certificate.steps, key=lambda step: step.reads, default=None)
    return ProposedOut(
        finding=certificate.finding,
        side=certificate.side,
        threshold=certificate.threshold,
        labels=accepted.labels,
        pixels=accepted.pixels,
        sources=accepted.sources,
        decided=one.decided,
        expected_errors=certificate.expected_errors,
        reads=shown.reads if shown else 0,
        errors=shown.errors if shown else 0,
        sentence=certificate.sentence,
    )
