"""What an older version wrote beside a read is read as what it meant, and its retries are known."""

import hashlib
import json

import pytest
from sqlalchemy import ColumnElement, literal_column, select, text

from overread.db.tables import Read, Submission, TrainingSet
from overread.domain.imaging.masks import RegionVerdict, Rle
from overread.domain.learning.reports import TrainingSetCounts
from overread.domain.readers.saves import SavedRead
from overread.services.audit.reads import CaseRead, FindingRead, body_hash, submit_read
from tests.loop import Loop

FIRST = '{"case": 7, "version": 1, "sibling": false, "done": true, "masks": {"nodule": "ab"}}'
LATER = '{"why": "read-final", "beside": ["nodule"], "blind": true, '


@pytest.mark.parametrize(
    ("column", "kept", "meant"),
    [
        (Submission.answer, FIRST, SavedRead(7, 1, False, True, {"nodule": "ab"})),
        (
            Submission.answer,
            LATER + FIRST[1:],
            SavedRead(7, 1, False, True, {"nodule": "ab"}, blind=True, why="read-final", beside=["nodule"]),
        ),
        (Read.regions, '[{"box": [1, 1, 5, 3], "area": 8, "kept": 1}]', [RegionVerdict((1, 1, 5, 3), 8, 1.0)]),
        (Read.regions, "null", None),
        (TrainingSet.counts, '{"images": 3, "reference": 2}', TrainingSetCounts(3, reference=2)),
        (
            TrainingSet.counts,
            '{"images": 3, "reference": 2, "read": 1, "pseudo": 4, "nobody_has": ["nodule"]}',
            TrainingSetCounts(3, 2, 1, 4, ("nodule",)),
        ),
    ],
)
def test_a_row_of_before_is_what_it_meant(loop: Loop, column: ColumnElement[object], kept: str, meant: object) -> None:
    with loop.database.transaction() as session:
        assert session.scalar(select(literal_column(f"'{kept}'::jsonb", column.type))) == meant


def test_a_retry_of_a_save_of_before_gets_its_answer(loop: Loop) -> None:
    read = CaseRead("ab", 2, 1, 3.5, [FindingRead("nodule", "fix", Rle((32, 48), "PP1"), threshold=0.4)])
    verdict = {"finding": "nodule", "verdict": "fix", "mask": {"size": [32, 48], "counts": "PP1"}, "note": None}
    verdict |= {"flagged": False, "threshold": 0.4, "adopted": None, "teacher": None}  # type: ignore[dict-item]
    sent = {"image_sha256": "ab", "fence": 2, "version": 1, "seconds": 3.5, "verdicts": [verdict]}
    body = hashlib.sha256(json.dumps([7, sent], sort_keys=True).encode()).hexdigest()
    assert body_hash(7, read) == body
    with loop.database.transaction() as session:
        kept = "insert into submission (account_id, key, body_sha256, answer) values (:account, 'before', :body, :told)"
        session.execute(text(kept), {"account": loop.account_id, "body": body, "told": FIRST})
    with loop.database.transaction() as session:
        answer = submit_read(session, 7, loop.account_id, "before", read)
        assert answer == SavedRead(7, 1, False, True, {"nodule": "ab"})
