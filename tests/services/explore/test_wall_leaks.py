"""The pool's wall tells no planted error from a case: what an open audit drew does not hang there, whoever looks."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from overread.db.tables import AuditCase, AuditItem, Image, Iteration, PseudoLabel
from overread.domain.words import DECISIONS
from overread.services.blinding.planted import planted_labels
from overread.services.explore import pool
from tests.loop import FINDINGS, Loop
from tests.reading import audited, claim, read_case

Unit = tuple[int, str]  # film and finding


def test_what_an_open_audit_drew_hangs_nowhere_planted_or_not_read_or_not(loop: Loop) -> None:
    first, _ = audited(loop)
    second, audit_id = audited(loop, override="another audit", measure=3, fix=3, sentinel=20)
    case = claim(loop, audit_id)
    assert case is not None
    read_case(loop, case)
    with loop.database.transaction() as session:
        drawn, every = drawn_units(session, audit_id), pool_units(session)
        plants = session.scalars(select(PseudoLabel).where(PseudoLabel.id.in_(planted_labels()))).all()
        assert set() < {(one.image_id, one.finding) for one in plants} < drawn < every
        for labelling in (first.labelling_id or 0, second.labelling_id or 0):
            assert hung(session, labelling) == every - drawn
        labelling = second.labelling_id or 0
        assert hung(session, labelling, "changed") == every - drawn
        for finding in FINDINGS:
            bins = pool.count_bins(session, labelling, pool.Wall(finding))
            left = sum(one == finding for _, one in every - drawn)
            assert {sum(one.count for one in found) for found in bins.values()} == {left}
            assert pool.lay_out(session, labelling, pool.Wall(finding)).total == left


def test_what_was_drawn_hangs_there_once_the_audit_is_over(loop: Loop) -> None:
    iteration, _ = audited(loop, sentinel=20)
    with loop.database.transaction() as session:
        session.execute(update(Iteration).values(stage="closed"))
        assert hung(session, iteration.labelling_id or 0) == pool_units(session)


def drawn_units(session: Session, audit_id: int) -> set[Unit]:
    query = select(AuditCase.image_id, AuditItem.finding).join(AuditItem, AuditItem.case_id == AuditCase.id)
    return {(image, finding) for image, finding in session.execute(query.where(AuditCase.audit_id == audit_id))}


def pool_units(session: Session) -> set[Unit]:
    films = session.scalars(select(Image.id).where(Image.split == "pool")).all()
    return {(film, finding) for film in films for finding in FINDINGS}


def hung(session: Session, labelling_id: int, order: str = "risk") -> set[Unit]:
    """The units of a labelling's walls; under each decision hangs its part of them."""
    found: dict[str | None, set[Unit]] = {}
    for decision in (None, *DECISIONS):
        walls = [pool.Wall(finding, order, decision) for finding in FINDINGS]
        tiles = [(tile, wall) for wall in walls for tile in pool.list_tiles(session, labelling_id, wall, None)]
        assert all(decision in (None, tile.label.decision) for tile, _ in tiles)
        found[decision] = {(tile.image.id, wall.finding) for tile, wall in tiles}
    assert found[None] == set().union(*(found[decision] for decision in DECISIONS))
    return found[None]
