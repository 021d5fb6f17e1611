"""``overread export``: files and folders, what they count, and refusals as sentences."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from overread.db.tables import Image, SourceBox, SourceStatement, TrailLine
from overread.settings import Settings
from tests.commands import run
from tests.loop import FINDINGS, Loop


def test_labels_go_out_in_each_format(
    installation: Settings,
    loop: Loop,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    for form in ("jsonl", "coco", "boxes", "siim", "png", "nnunet", "seg", "parquet", "webdataset"):
        words = ["export", form, "loop", "--to", str(tmp_path / form), "--source", "hospital", "--finding", "nodule"]
        assert run(monkeypatch, *words, "--json") == 0
        said = capsys.readouterr()
        assert re.search(rf"exporting {form} +12 of 12 films +[\d.]+ a second +0:00:00", said.err), said.err
        told = json.loads(said.out)
        assert (told["films"], told["lesion"] + told["no_lesion"]) == (12, 12)
    for form in ("png", "nnunet", "seg", "parquet", "webdataset"):
        for line in (tmp_path / form / "manifest.sha256").read_text().splitlines():
            sha256, name = line.split("  ", 1)
            assert hashlib.sha256((tmp_path / form / name).read_bytes()).hexdigest() == sha256
    with loop.database.transaction() as session:
        lines = session.scalars(select(TrailLine).where(TrailLine.action == "labels.exported").order_by(TrailLine.id))
        asked = [line.detail for line in lines]
    assert [detail["form"] for detail in asked][-1] == "webdataset"
    assert asked[0] == {"form": "jsonl", "films": 12, "source": "hospital", "finding": "nodule"}
    assert run(monkeypatch, "export", "jsonl", "loop", "--to", str(tmp_path / "whole.jsonl")) == 0
    assert len((tmp_path / "whole.jsonl").read_text().splitlines()) == 12 * len(FINDINGS)


def test_what_sources_say_goes_out_by_its_reader(
    installation: Settings,
    loop: Loop,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    with loop.database.transaction() as session:
        first, second = session.scalars(select(Image.id).order_by(Image.id).limit(2))
        for image, reader, says in ((first, "R8", "present"), (first, "R9", "absent"), (second, "R9", "uncertain")):
            session.add(SourceStatement(image_id=image, finding="nodule", reader=reader, says=says))
        session.add(SourceBox(image_id=first, finding="nodule", reader="R8", left=1, top=2.5, right=3, bottom=4))
    told = {"statements": {"absent": 1, "films": 2, "uncertain": 1}, "source-boxes": {"boxes": 1, "films": 1}}
    for (form, counts), reader in zip(told.items(), ("R9", "R8"), strict=True):
        words = ["export", form, "loop", "--to", str(tmp_path / form), "--source", "hospital", "--reader", reader]
        assert run(monkeypatch, *words, "--json") == 0
        assert json.loads(capsys.readouterr().out) == {"written": str(tmp_path / form), **counts}
    assert (tmp_path / "source-boxes").read_text().splitlines()[1].endswith(",nodule,1.0,2.5,3.0,4.0,R8")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["jsonl", "elsewhere"], "There is no project 'elsewhere'"),
        (["statements", "loop", "--by", "read"], "leave --iteration, --decision and --by out"),
        (["siim", "loop"], "say which with --finding"),
        (["coco", "loop", "--finding", "hernia"], "There is no finding 'hernia'"),
        (["png", "loop"], "is there already"),
        (["jsonl", "loop"], "Is a directory"),
    ],
)
def test_a_refusal_leaves_nothing_behind(
    installation: Settings, loop: Loop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path: Path, words: list[str], sentence: str,
) -> None:  # fmt: skip
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    assert run(monkeypatch, "export", *words, "--to", str(tmp_path / "out")) == 1
    told = capsys.readouterr()
    assert sentence in told.err
    assert told.out == ""
    assert [path.name for path in tmp_path.iterdir() if path.name != "data"] == ["out"]
