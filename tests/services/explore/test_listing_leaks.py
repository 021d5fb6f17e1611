"""A list of labels gives no planted error away: neither by its filter, nor its order, nor where its pages begin."""

from sqlalchemy import select

from overread.db.tables import PseudoLabel
from overread.domain.words import DECISIONS
from overread.services.blinding.planted import planted_labels
from overread.services.explore.listing import LabelFilter, LabelRow, list_labels
from overread.services.films.compared import public_masks
from overread.services.films.masks import mask_of, rle_of
from tests.loop import Loop
from tests.reading import audited
from tests.sentinels import PLAN


def listed(loop: Loop, where: LabelFilter, after: tuple[float, int] | None = None, limit: int = 500) -> list[LabelRow]:
    with loop.database.transaction() as session:
        labelling = session.scalars(select(PseudoLabel.labelling_id)).first() or 0
        return list_labels(session, labelling, where, after, limit, loop.account_id)


def test_a_planted_error_stands_where_what_it_shows_belongs(loop: Loop) -> None:
    audited(loop, **PLAN)
    with loop.database.transaction() as session:
        planted = set(session.scalars(select(PseudoLabel.id).where(PseudoLabel.id.in_(planted_labels()))))
    everything = listed(loop, LabelFilter())
    assert planted & {row.label.id for row in everything}
    risks = [row.label.risk for row in everything]
    assert risks == sorted(risks, reverse=True)
    for decision in DECISIONS:
        rows = listed(loop, LabelFilter(decision=decision))
        assert {row.label.id for row in rows} == {r.label.id for r in everything if r.label.decision == decision}


def test_pages_hold_every_label_once(loop: Loop) -> None:
    audited(loop, **PLAN)
    everything, paged = [row.label.id for row in listed(loop, LabelFilter())], list[int]()
    after: tuple[float, int] | None = None
    while page := listed(loop, LabelFilter(), after, 5):
        paged += [row.label.id for row in page]
        after = (page[-1].label.risk, page[-1].label.id)
    assert paged == everything


def test_a_label_agrees_with_its_public_label_as_far_as_what_it_shows(loop: Loop) -> None:
    """Where the pseudo label and the public one are empty and a lesion is planted, no Dice would tell which it is."""
    audited(loop, **PLAN)
    rows, told = listed(loop, LabelFilter()), list[bool]()
    with loop.database.transaction() as session:
        public = public_masks(session, {row.image.id for row in rows})
        stored = {label.id: label.public_dice for label in session.scalars(select(PseudoLabel))}
        for row in rows:
            beside = public.get((row.image.id, row.label.finding))
            shown = rle_of(mask_of(session, row.label), row.image)
            assert row.label.public_dice == (shown.dice(beside) if beside is not None else None)
            told.append(stored[row.label.id] is None and row.label.public_dice is not None)
    assert any(told)
