"""What a text tells people to make, the Makefile makes."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [ROOT / "README.md", ROOT / "constraints.txt", *(ROOT / "docs").glob("*.md"), *(ROOT / "backend").rglob("*.py")]


def test_every_target_that_a_text_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        (path.name, target)
        for path in TEXTS
        for target in re.findall(r"(?:`|^|: )make ([a-z]+)", path.read_text(), re.M)
    }
    assert {"demo", "setup", "lock"} <= {target for _, target in named}
    assert [where for where in named if where[1] not in targets] == []
