"""What a read was made with is stored beside its verdict, and stays; what stands beside a case's mask."""

import numpy as np
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from overread.db.tables import AuditCase, AuditItem, Image, Mask, PseudoLabel, Read
from overread.domain.errors import InvalidInput
from overread.domain.imaging import masks
from overread.domain.imaging.masks import Rle
from overread.domain.readers.saves import SavedRead
from overread.services.audit import cases, queue, reads
from overread.services.films.masks import mask_pixels
from tests.loop import Loop
from tests.reading import read_case


def test_regions_are_kept_in_part_or_deleted() -> None:
    before = np.zeros((6, 9), bool)
    before[1:3, 1:5] = before[4, 6:8] = True
    after = before.copy()
    after[1:3, 3:5] = after[4] = False
    assert masks.region_verdicts(before, after) == [
        masks.RegionVerdict((1, 1, 5, 3), area=8, kept=0.5),
        masks.RegionVerdict((6, 4, 8, 5), area=2, kept=0.0),
    ]
    assert masks.region_verdicts(np.zeros((3, 3), bool), np.ones((3, 3), bool)) == []


def fix(loop: Loop, key: str, **made: object) -> tuple[str, SavedRead]:
    """Fix the first film that has a mask to judge, by an empty one; answers with the finding and the answer."""
    with loop.database.transaction() as session:
        query = (
            select(AuditItem.finding, AuditCase.id)
            .join(AuditCase, AuditCase.id == AuditItem.case_id)
            .join(PseudoLabel, PseudoLabel.id == AuditItem.pseudo_label_id)
            .where(PseudoLabel.mask_id.is_not(None))
        )
        finding, case_id = session.execute(query.order_by(AuditItem.id)).first() or pytest.fail("no mask to judge")
        case = queue.claim_case(session, case_id, loop.account_id)
        image = session.get_one(Image, case.image_id)
        empty = masks.encode(np.zeros((image.height, image.width), bool)).decode()
        drawn = session.scalars(select(AuditItem.finding).where(AuditItem.case_id == case_id))
        verdicts = [
            reads.FindingRead(finding, "fix", Rle((image.height, image.width), empty), **made)  # type: ignore[arg-type]
            if other == finding
            else reads.FindingRead(other, "accept")
            for other in drawn
        ]
        read = reads.CaseRead(image.sha256, case.fence, case.version, 3.0, verdicts)
        return finding, reads.submit_read(session, case_id, loop.account_id, key, read)


def test_slider_source_regions_note_and_flag_are_stored_for_ever(loop: Loop) -> None:
    loop.label(loop.launch())
    finding, _ = fix(loop, "key-signal", threshold=0.4, adopted="public", note="apex missed", flagged=True)
    with loop.database.transaction() as session:
        read = session.scalars(select(Read).where(Read.finding == finding, Read.verdict == "fix")).one()
        label = session.get_one(PseudoLabel, read.pseudo_label_id)
        pseudo = mask_pixels(session.get_one(Mask, label.mask_id))
        assert (read.threshold, read.adopted, read.note, read.flagged) == (0.4, "public", "apex missed", True)
        assert read.regions is not None
        assert sum(region.area for region in read.regions) == pseudo.sum()
        assert {region.kept for region in read.regions} == {0.0}
        accepted = session.scalars(select(Read).where(Read.verdict == "accept")).all()
        assert all(region.kept == 1.0 for other in accepted for region in other.regions or [])
    with pytest.raises(IntegrityError, match="never changed"), loop.database.transaction() as session:
        session.execute(text("update read set flagged = false"))


@pytest.mark.parametrize("made", [{"threshold": 0.0}, {"threshold": 1.5}, {"adopted": "a neighbour"}])
def test_what_no_slider_and_no_strip_can_say_is_refused(loop: Loop, made: dict[str, object]) -> None:
    loop.label(loop.launch())
    with pytest.raises(InvalidInput):
        fix(loop, "key-refused", **made)


def test_a_case_offers_what_the_iteration_before_drew(loop: Loop) -> None:
    loop.label(loop.launch())
    second = loop.launch(override="only the strip matters here")
    loop.label(second, wrong=1.0)
    with loop.database.transaction() as session:
        claimed = queue.claim_next(session, session.scalars(select(AuditCase.audit_id)).all()[-1], loop.account_id)
        assert claimed is not None
        told = cases.describe_case(session, claimed, loop.account_id).findings
        assert {one.previous for one in told if one.drawn} == {None}  # before one's own word
    read_case(loop, claimed)
    with loop.database.transaction() as session:
        told = cases.describe_case(session, session.get_one(AuditCase, claimed.id), loop.account_id).findings
        for finding in told:
            assert finding.members == []
            before, now = finding.previous, finding.pseudo
            assert (before is None) != (now is None) or before.sha256 != now.sha256  # type: ignore[union-attr]
