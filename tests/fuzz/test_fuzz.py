"""Some thousand mutants of each format come in or are refused by name, and the job finds a fault that is planted."""

import json
import re
from pathlib import Path

import pytest

from overread.datasets.files import tables
from overread.domain.errors import InvalidInput
from tests.fuzz import __main__ as command
from tests.fuzz.corpus import CORPUS
from tests.fuzz.job import State, kept_faults, run
from tests.fuzz.mutants import STRUCTURED, mutant
from tests.fuzz.targets import Target, targets

COUNTS = {"dicom": 2500, "siim": 1000, "rle": 10_000} | dict.fromkeys(("jpeg", "mask"), 3000)


@pytest.mark.parametrize("form", CORPUS)
def test_mutants_come_in_or_are_refused_by_name(tmp_path: Path, form: str) -> None:
    said: list[str] = []
    with targets() as by_format:
        state = run(
            tmp_path, form, by_format[form], CORPUS[form](), count=COUNTS.get(form, 5000), seed=1, say=said.append
        )
    assert [line for line in said if line.startswith("fault")] == []
    # Both happen, else nothing was tried: mutants that die at the door, or a target that takes everything.
    assert min(state.accepted, state.refused) > state.next / 20


def test_a_format_has_its_corpus_its_mutators_and_its_target() -> None:
    with targets() as by_format:
        assert set(CORPUS) == set(STRUCTURED) == set(by_format)
    for form, seeds in CORPUS.items():
        assert seeds() == seeds()
        assert mutant(form, seeds(), 7) == mutant(form, seeds(), 7)


def test_good_inputs_come_in() -> None:
    with targets() as by_format:
        for form, seeds in CORPUS.items():
            for data in seeds():
                by_format[form](data)


def planted(data: bytes) -> None:
    """A reader with a bug: whatever has no comma is an exception of the wrong kind."""
    if b"," not in data:
        raise IndexError("list index out of range")
    if data.count(b",") % 2:
        raise InvalidInput("It is odd.")


def tried(folder: Path, target: Target, **limits: int) -> tuple[State, list[str]]:
    said: list[str] = []
    seeds = [b"a,b,c"]
    return run(folder, "patients", target, seeds, **{"count": 300, "seed": 0, **limits}, say=said.append), said


def test_a_planted_fault_is_found_kept_and_gone_once_it_is_mended(tmp_path: Path) -> None:
    state, said = tried(tmp_path, planted)
    faults = kept_faults(tmp_path, "patients")
    assert faults
    assert state.next == 300 == state.accepted + state.refused + len(faults)
    assert f"fault {faults[0]}: IndexError" in "".join(said)
    number = int(faults[0].stem.partition("-")[2])
    assert faults[0].read_bytes() == mutant("patients", [b"a,b,c"], number)
    tried(tmp_path, lambda _data: None)
    assert kept_faults(tmp_path, "patients") == []


def test_it_goes_on_where_it_stopped_and_a_seed_begins_anew(tmp_path: Path) -> None:
    seen: list[bytes] = []
    tried(tmp_path, seen.append, count=100)
    tried(tmp_path, seen.append, count=150)
    assert seen == [mutant("patients", [b"a,b,c"], number) for number in range(150)]
    assert tried(tmp_path, seen.append, count=20, seed=1)[0].next == 20
    assert len(seen) == 170


def test_a_bug_in_a_reader_misses_the_goal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tables, "nfc", lambda text: text[10**6])
    words = ["patients", "--count", "50", "--folder", str(tmp_path), "--json", str(tmp_path / "told.json")]
    assert command.main(words) == 1
    assert re.search(r"goal fuzz_patients_faults \d\d \(≤ 0\) missed", capsys.readouterr().out)
    assert json.loads((tmp_path / "told.json").read_text())["goals"][0]["met"] is False


def test_a_child_that_dies_is_a_fault(tmp_path: Path) -> None:
    with targets() as by_format:
        (tmp_path / "png").mkdir()
        by_format["png"](CORPUS["png"]()[0])
        decoder = next(cell.cell_contents for cell in by_format["png"].__closure__ or ())
        decoder._child.kill()
        decoder._child.wait()
        state = run(tmp_path, "png", by_format["png"], CORPUS["png"](), count=3, seed=0, say=lambda _line: None)
    assert state.next == 3
    assert [path.name for path in kept_faults(tmp_path, "png")] == ["0-0.bin"]
