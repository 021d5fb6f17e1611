"""Each question is answered in one place: nobody else writes the condition that answers it."""

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "backend" / "overread"
PLACES = {
    "which reads count": (r"~\w+\.sibling\b", "services/heads.py"),
    "which of several reads counts": (r"\badjudicated\.desc\(", "services/heads.py"),
    "which iterations are in the loop": (r"\bstage\.not_in\(", "services/history.py"),
    "what the audit of an iteration is": (
        r"\(Audit(\.id)?\)\.where\(Audit\.iteration_id\b",
        "services/audit/audits.py",
    ),
    "how a case or an item is written": (r"\binsert\(Audit(Case|Item)\)", "services/audit/items.py"),
    "how a mask is kept": (r"\bzlib\b", "db/tables/stored.py"),
    "how an iteration moves": (r"\bSTAGE_MOVES\b", "services/stages.py"),
}


@pytest.mark.parametrize("question", PLACES)
def test_a_question_has_one_place(question: str) -> None:
    pattern, place = PLACES[question]
    files = [path for room in ("api", "db", "services") for path in (PACKAGE / room).rglob("*.py")]
    found = {path.relative_to(PACKAGE).as_posix() for path in files if re.search(pattern, path.read_text())}
    assert found == {place}
