"""A table of a source's own names: what it says is what the source is read by, and nothing else gets in."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from overread.domain.errors import InvalidInput
from overread.domain.json_value import JsonValue
from overread.domain.sources import ClassCount
from overread.services.films import projects
from overread.services.films.imports import import_source
from overread.services.films.names_file import read_names, write_names
from overread.services.films.report import source_report
from overread.settings import Settings
from tests.commands import run
from tests.loop import Loop
from tests.services.films.kinds import chestxdet

HEADER = "name,finding,snomed,radlex\n"


def test_what_a_source_calls_its_findings_is_counted_and_kept(loop: Loop, films: Path) -> None:
    chestxdet(films)
    names = {"Mass": "nodule", "Effusion": ""}
    with loop.database.transaction() as session:
        new = projects.NewSource("det", "chestxdet", "pool", "ours", str(films), options={"names": names})
        source = projects.create_source(session, loop.project_id, new)
    for _ in range(2):
        import_source(loop.database, loop.blobs, source.id)
        with loop.database.transaction() as session:
            found = source_report(session, source.id)
        assert found.classes == [ClassCount("Effusion", 2, None), ClassCount("Mass", 1, "nodule")]
    told = {one.finding: (one.lesion, one.no_lesion, one.unknown) for one in found.findings}
    assert (told["nodule"], told["pleural_effusion"]) == ((1, 2, 0), (0, 0, 3))
    assert [one.sentence for one in found.classes] == ["Effusion → left out (2 films)", "Mass → nodule (1 films)"]


def test_names_that_no_row_can_hold_are_spelt_out(loop: Loop, films: Path) -> None:
    (films / "images").mkdir()
    cv2.imwrite(str(films / "images" / "a.png"), np.zeros((8, 8), np.uint8))
    record = {"file_name": "a.png", "syms": ["Mass\0", "\ud800"], "polygons": [[], []]}
    (films / "annotations.json").write_text(json.dumps([record]))
    with loop.database.transaction() as session:
        new = projects.NewSource("det", "chestxdet", "pool", "ours", str(films))
        source = projects.create_source(session, loop.project_id, new)
    assert import_source(loop.database, loop.blobs, source.id) == {"refused": 1}


def test_a_table_is_read_as_it_is_written(tmp_path: Path) -> None:
    table = tmp_path / "names.csv"
    codes = {"nodule": {"snomed": "786838002", "radlex": "RID3875"}}
    classes = [ClassCount("Nodule; solid, or not", 7, "nodule"), ClassCount("=Mass", 3, None)]
    write_names(table, classes, {"codes": codes})
    assert table.read_text().splitlines()[:2] == [
        "name,finding,snomed,radlex,films",
        '"Nodule; solid, or not",nodule,786838002,RID3875,7',
    ]
    names = {"Nodule; solid, or not": "nodule", "=Mass": ""}
    assert read_names(table) == {"names": names, "codes": codes}
    with pytest.raises(FileExistsError):
        write_names(table, classes, {})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "needs the columns name, finding; it has no name"),
        (b"name,means\nMass,nodule\n", "needs the columns name, finding; it has no finding"),
        (b"name,finding,finding\nMass,nodule,\n", "two columns finding"),
        (b"name,finding,formula\nMass,nodule,1\n", "may have snomed, radlex and films, and no formula"),
        (b"name,finding\n\xff,nodule\n", "is no CSV in UTF-8"),
        (b"name,finding\nMass\n", "Row 2 of names.csv"),
        (b"name,finding\n,nodule\n", "Row 2 of names.csv"),
        (b"name,finding\nMass,nodule,more\n", "Row 2 of names.csv"),
        (b"name,finding\nMass,nodule\nMass,\n", "names 'Mass' twice"),
        (b"name,finding,snomed\nMass,,4147007\n", "to no finding"),
        (b"name,finding,snomed\nMass,nodule,4147007\nLump,nodule,786838002\n", "a second code"),
        (b"name,finding\n" + b"x" * 200_000 + b",nodule\n", "more than 64 KiB"),
    ],
)
def test_a_table_that_leaves_a_doubt_is_refused(tmp_path: Path, text: bytes, says: str) -> None:
    (tmp_path / "names.csv").write_bytes(text)
    with pytest.raises(InvalidInput, match=says):
        read_names(tmp_path / "names.csv")
    with pytest.raises(InvalidInput, match=r"gone\.csv cannot be read"):
        read_names(tmp_path / "gone.csv")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"names": {"Mass": "mass"}}, "said to be 'mass'"),
        ({"names": {"Mass": "nodule", "mass": ""}}, "in another spelling"),
        ({"names": {"Mass": 3}}, "names maps texts to texts"),
        ({"names": {"Mass\0": "nodule"}}, "names gives a finding"),
        ({"names": ["Mass"]}, "names cannot be"),
        ({"codes": {"mass": {"snomed": "4147007"}}}, "codes of 'mass'"),
        ({"codes": {"nodule": {"snomed": "12"}}}, "is no snomed code of nodule"),
        ({"codes": {"nodule": {"icd": "R91"}}}, "is no icd code of nodule"),
        ({"codes": {"nodule": "4147007"}}, "codes gives each finding"),
        ({"codes": []}, "codes gives each finding"),
    ],
)
def test_names_and_codes_of_nothing_are_refused_before_there_is_a_source(
    loop: Loop, films: Path, options: dict[str, JsonValue], says: str
) -> None:
    chestxdet(films)
    with loop.database.transaction() as session, pytest.raises(InvalidInput, match=says):
        new = projects.NewSource("det", "chestxdet", "pool", "ours", str(films), options=options)
        projects.create_source(session, loop.project_id, new)


def test_a_dry_run_writes_the_table_that_an_import_reads(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], films: Path
) -> None:
    chestxdet(films)
    table = films.parent / "names.csv"
    command = ["import", "p", "chestxdet", str(films)]
    assert run(monkeypatch, *command, "--write-names", str(table)) == 1
    assert "--write-names goes with --dry-run" in capsys.readouterr().err
    assert run(monkeypatch, *command, "--dry-run", "--write-names", str(table)) == 0
    assert table.read_text() == "name,finding,snomed,radlex,films\nEffusion,pleural_effusion,,,2\nMass,,,,1\n"
    assert run(monkeypatch, *command, "--dry-run", "--write-names", str(table)) == 1
    assert "There is a file" in capsys.readouterr().err
    table.write_text(table.read_text().replace("Mass,,", "Mass,nodule,4147007"))
    assert run(monkeypatch, *command, "--names", str(table)) == 0
    assert "Mass → nodule (1 films)" in capsys.readouterr().out


@pytest.fixture
def lumps(films: Path) -> list[str]:
    """A dry run of COCO's labels of which no class is a finding of the project."""
    cv2.imwrite(str(films / "a.png"), np.zeros((8, 8), np.uint8))
    labels = {
        "images": [{"id": 1, "file_name": "a.png", "width": 8, "height": 8}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[1, 1, 4, 1, 4, 4]]}],
        "categories": [{"id": 1, "name": "Lump"}, {"id": 2, "name": "Bad\0\ud800"}],
    }
    (films / "labels.json").write_text(json.dumps(labels))
    return ["import", "p", "coco", str(films), "--dry-run"]


def test_a_table_is_written_where_no_class_is_a_finding(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lumps: list[str]
) -> None:
    table = Path(lumps[3]).parent / "names.csv"
    assert run(monkeypatch, *lumps, "--write-names", str(table)) == 1
    assert "Say which is which" in capsys.readouterr().err
    assert table.read_text() == "name,finding,snomed,radlex,films\nBad\\x00\\ud800,,,,\nLump,,,,\n"
    table.write_text(table.read_text().replace("Lump,,", "Lump,nodule,"))
    assert run(monkeypatch, *lumps, "--names", str(table)) == 0
    assert "Lump → nodule (1 films)" in capsys.readouterr().out


def test_where_a_table_goes_is_looked_at_before_anything_is_read(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], films: Path
) -> None:
    link = films / "link.csv"
    link.symlink_to("gone")
    for table, says in ((films / "gone" / "names.csv", "There is no folder"), (link, "There is a file")):
        given = ["--names", "gone.csv", "--dry-run", "--write-names", str(table)]
        assert run(monkeypatch, "import", "p", "chestxdet", str(films), *given) == 1
        assert says in capsys.readouterr().err


def test_a_table_that_cannot_be_written_costs_no_report(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], films: Path
) -> None:
    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    chestxdet(films)
    monkeypatch.setattr("overread.services.films.names_file.write_names", full)
    table = str(films.parent / "names.csv")
    assert run(monkeypatch, "import", "p", "chestxdet", str(films), "--dry-run", "--write-names", table) == 1
    told = capsys.readouterr()
    assert "No space left" in told.err
    assert "Mass → left out (1 films)" in told.out


@pytest.mark.parametrize("said", [{"names": {"Mass": ""}}, {"codes": {"nodule": {"snomed": "786838002"}}}])
def test_names_that_are_said_twice_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, said: dict[str, JsonValue]
) -> None:
    table = tmp_path / "names.csv"
    table.write_text("name,finding,snomed\nMass,nodule,4147007\n")
    given = ["--names", str(table), "--options", json.dumps(said)]
    assert run(monkeypatch, "import", "p", "chestxdet", str(tmp_path), "--dry-run", *given) == 1
    assert f"--names and the option {min(said)} of --options" in capsys.readouterr().err
