"""The trail's hashes and anchors: lines that were written years ago must hash as they did, anchors read as printed."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from overread.domain.errors import InvalidInput
from overread.domain.trail import GENESIS, Anchor, Chains, line_hash

SEOUL = timezone(timedelta(hours=9))
ONE, OTHER = "a" * 64, "b" * 64


def test_a_hash_is_the_one_that_was_written_by_every_version_before() -> None:
    detail = {"seconds": 3.5, "nil": None, "verdicts": ["fix", "é"]}
    at = datetime(2026, 5, 4, 18, 30, 0, 120, SEOUL)
    known = "130d3d2af12c84b42ee4f63b44eeb6444b2e3b73baaa7af9f50e1fea2839578f"
    assert line_hash(GENESIS, at, 7, "case.read", "case 12", detail) == known
    assert line_hash(GENESIS, at.astimezone(UTC), 7, "case.read", "case 12", dict(reversed(detail.items()))) == known
    known = "30037d9acc84ae427be73f3e2e444276c2aa504d3e149ff3538d187cedb1140f"
    assert line_hash(GENESIS, datetime(2026, 5, 4, 9, 30, tzinfo=UTC), None, "x", "y", {}) == known


def test_anchors_are_read_as_they_are_printed() -> None:
    anchors = [Anchor(0, 12, ONE), Anchor(3, 345, OTHER)]
    told = "The trail holds: 357 lines.\n" + "\n".join(map(str, anchors)) + "\n"
    assert Anchor.all_in(told) == anchors
    assert Anchor.all_in(f"3:345:{OTHER}") == anchors[1:]


@pytest.mark.parametrize("text", ["", "The trail does not hold.", f"3:345:{ONE[:-1]}", f"3:345:{ONE.upper()}", ONE])
def test_a_text_without_an_anchor_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="There is no anchor"):
        Anchor.all_in(text)


def test_anchors_that_cannot_both_be_right_are_refused() -> None:
    with pytest.raises(InvalidInput, match="Two anchors name 5 lines of chain 1"):
        Chains.compared_with([Anchor(1, 5, ONE), Anchor(1, 5, OTHER)])
    Chains.compared_with([Anchor(1, 5, ONE), Anchor(1, 5, ONE), Anchor(1, 6, OTHER), Anchor(2, 5, OTHER)])
