"""Children that die: started again, ever more slowly, and said; their logs stay small."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from overread.domain.errors import Conflict
from overread.supervisor import Child, cap, kept_running
from tests.waiting import until

# Lives for as long as there is room when it starts.
PROGRAM = """
if [ -e "$0.room" ]; then echo $$ >> "$0.pids"; echo $$ > "$0.up"; exec sleep 600; fi
echo "no room left" >&2; echo $$ >> "$0.pids"; exit 3
"""


def child(folder: Path, **changes: object) -> Child:
    own = {"prepare": lambda: None, "stop": ((signal.SIGTERM, None),), "answers": lambda: lives(folder), **changes}
    command = ["sh", "-c", PROGRAM, str(folder / "child")]
    return Child("The child", command, folder / "child.log", **own)  # type: ignore[arg-type]


def lives(folder: Path) -> bool:
    up = folder / "child.up"
    return up.exists() and bool(number := up.read_text().strip()) and Path(f"/proc/{number}").exists()


def pids(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "child.pids").read_text().split()]


def test_one_that_dies_again_and_again_is_tried_ever_more_slowly(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    room = tmp_path / "child.room"
    room.touch()
    told: list[str] = []

    def deaths() -> int:
        told.extend(capfd.readouterr().err.splitlines())
        return len(told)

    with kept_running(child(tmp_path), pauses=(0.01, 0.02, 0.04, 600)):
        room.unlink()
        os.kill(pids(tmp_path)[0], signal.SIGKILL)
        until(lambda: deaths() == 4)
        assert len(pids(tmp_path)) == 4, "it waits, and does not try on"
    assert told[0].startswith("The child was killed by signal 9; started again in 0.01 s.")
    for line, pause in zip(told[1:], ("0.02", "0.04", "600"), strict=True):
        assert line.startswith(f"The child ended with status 3; started again in {pause} s.")
        assert "child.log ends: no room left" in line


def test_it_is_back_once_it_can_live_and_goes_with_us(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    room = tmp_path / "child.room"
    room.touch()
    with kept_running(child(tmp_path), pauses=(0.01,)):
        room.unlink()
        os.kill(pids(tmp_path)[0], signal.SIGKILL)
        until(lambda: len(pids(tmp_path)) > 3)
        room.touch()
        until(lambda: "The child is up again." in capfd.readouterr().err)
        last = pids(tmp_path)[-1]
        assert Path(f"/proc/{last}").exists()
    assert not Path(f"/proc/{last}").exists()


def test_what_goes_wrong_before_a_start_does_not_end_the_watch(tmp_path: Path) -> None:
    (tmp_path / "child.room").touch()
    troubles = [OSError("no space left on device"), ValueError("half a file")]

    def ready() -> bool:
        if pids_before and troubles:
            raise troubles.pop()
        return True

    pids_before: list[int] = []
    with kept_running(child(tmp_path, ready=ready), pauses=(0.01,)):
        pids_before += pids(tmp_path)
        os.kill(pids_before[0], signal.SIGKILL)
        until(lambda: pids(tmp_path) != pids_before)
    assert troubles == []


def test_one_that_does_not_come_up_at_first_is_refused_with_its_reason(tmp_path: Path) -> None:
    sentence = r"The child ended with status 3; .*child\.log ends: no room left"
    with pytest.raises(Conflict, match=sentence), kept_running(child(tmp_path, answers=lambda: False)):
        pass


def test_a_log_is_capped_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import sys\nfor line in sys.stdin: print(line * 100, flush=True)"
    with log.open("ab") as output:
        writer = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=output, text=True)
    assert writer.stdin is not None
    for word in ("first", "second", "third"):
        writer.stdin.write(f"{word}\n")
        writer.stdin.flush()
        until(lambda word=word: word in log.read_text())  # type: ignore[misc]
        cap(log, most=50)
        assert log.stat().st_size == 0
    writer.stdin.close()
    writer.wait()
    assert "third" in (tmp_path / "log.1").read_text()
    assert "second" not in (tmp_path / "log.1").read_text()
    assert (tmp_path / "log.1").stat().st_mode & 0o077 == 0
