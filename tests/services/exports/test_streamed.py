"""Labels out as a stream: page by page, whole or not at all, and in again as they went out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from overread.db.tables import AuditCase, Image
from overread.domain.errors import InvalidInput
from overread.domain.json_value import JsonValue
from overread.domain.words import ExportSplit
from overread.services.exports import formats, stream
from overread.services.exports.labels import LabelFilter
from overread.services.films import projects
from overread.services.films.imports import import_source
from tests.exporting import films, out
from tests.loop import FINDINGS, Loop
from tests.reading import audited, read_all


@pytest.mark.parametrize("split", ["external", "holdout"])
def test_nnunet_is_to_train_on_and_says_so_before_anything_goes_out(loop: Loop, split: ExportSplit) -> None:
    with loop.database.transaction() as session, pytest.raises(InvalidInput, match="nobody may train on"):
        formats.settle(session, loop.project_id, LabelFilter(split=split), "nnunet")


def test_films_of_two_sources_with_one_name_are_two_in_coco(loop: Loop, tmp_path: Path) -> None:
    with loop.database.transaction() as session:
        first = session.scalars(select(Image).order_by(Image.id)).first()
        assert first is not None
        name = first.file_name
        other = session.scalars(select(Image).where(Image.source_id != first.source_id).order_by(Image.id)).first()
        assert other is not None
        other.file_name = name
    names = {}
    for source in (None, "hospital"):
        with loop.database.transaction() as session:
            export = formats.settle(session, loop.project_id, LabelFilter(source=source), "coco")
        formats.write(loop.database, loop.blobs, export, "coco", tmp_path / f"{source}.json")
        images = json.loads((tmp_path / f"{source}.json").read_text())["images"]
        names[source] = [image["file_name"] for image in images]
        assert len(set(names[source])) == len(images)
    assert f"hospital/{name}" in names[None]
    assert name in names["hospital"]


def test_siim_refuses_what_it_cannot_tell(loop: Loop) -> None:
    with loop.database.transaction() as session:
        with pytest.raises(InvalidInput, match="of one finding"):
            formats.settle(session, loop.project_id, LabelFilter(), "siim")
        where = LabelFilter(source="hospital", finding="nodule")
        formats.settle(session, loop.project_id, where, "siim")
        image, other = session.scalars(select(Image).order_by(Image.id).limit(2))
        other.file_name = f"elsewhere/{Path(image.file_name).stem}.dcm"
        session.flush()
        with pytest.raises(InvalidInput, match="would be one"):
            formats.settle(session, loop.project_id, where, "siim")
        image.width = 33
        session.flush()
        with pytest.raises(InvalidInput, match="33×32"):
            formats.settle(session, loop.project_id, where, "siim")
        session.rollback()


def test_films_come_page_by_page(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same whatever a page holds, and never more than a page looked up before the first of it is out."""
    audited(loop)
    whole = films(loop)
    looked: list[int] = []
    monkeypatch.setattr(stream, "PAGE", 4)
    with loop.database.transaction() as session:
        export = stream.plan_export(session, loop.project_id, LabelFilter())
    taken = 0
    for one in stream.labelled_films(loop.database, export, looked.append):
        assert one == whole[taken]
        taken += 1
        assert taken - sum(looked) <= 4
    assert taken == len(whole) == sum(looked) == export.films


KILLED = """
import os, signal, sys
from pathlib import Path
from overread.db.session import Database
from overread.services.exports import formats, shards, stream
from overread.services.exports.labels import LabelFilter
from overread.storage import BlobStore

stream.PAGE = 5
shards.SHARD = 4000
url, blobs, project, form, to, kill = sys.argv[1:]
database = Database(url)
with database.transaction() as session:
    export = formats.settle(session, int(project), LabelFilter(), form)
looked = []
def on_films(films):
    looked.append(films)
    if len(looked) == int(kill):
        os.kill(os.getpid(), signal.SIGKILL)
formats.write(database, BlobStore(Path(blobs)), export, form, Path(to), on_films)
"""


@pytest.mark.parametrize("form", ["png", "nnunet", "coco", "seg", "parquet", "webdataset"])
def test_a_killed_export_begun_again_ends_the_same(loop: Loop, tmp_path: Path, form: str) -> None:
    audited(loop)

    def export(to: Path, kill: int) -> int:
        names = [loop.database.engine.url.render_as_string(hide_password=False), str(loop.blobs.folder)]
        command = [sys.executable, "-c", KILLED, *names, str(loop.project_id), form, str(to), str(kill)]
        return subprocess.run(command, check=False).returncode

    assert export(tmp_path / "killed", 3) == -9
    assert not (tmp_path / "killed").exists()
    left = [path for path in (tmp_path / "killed.part").rglob("*-0*") if path.suffix in (".parquet", ".tar")]
    written = {path.name: path.stat().st_ino for path in left}
    assert bool(written) == (form in ("parquet", "webdataset"))
    assert export(tmp_path / "killed", 0) == 0
    assert written.items() <= {path.name: path.stat().st_ino for path in (tmp_path / "killed").rglob("*-0*")}.items()
    assert export(tmp_path / "whole", 0) == 0
    assert told(tmp_path / "killed") == told(tmp_path / "whole")
    assert not (tmp_path / "killed.part").exists()


def told(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    assert files
    return {str(one.relative_to(path)): one.read_bytes() for one in files}


def test_an_export_comes_in_again(loop: Loop, tmp_path: Path) -> None:
    """Out as PNG and in by our own reader, into another project: the same films, and the same masks bit for bit."""
    audited(loop)
    with loop.database.transaction() as session:
        export = formats.settle(session, loop.project_id, LabelFilter(), "png")
    counts = formats.write(loop.database, loop.blobs, export, "png", tmp_path / "out")
    options: dict[str, JsonValue] = {"empty_means": "unknown", "shares": {"train": 1.0}}
    new = projects.NewSource("again", "folder", "labelled", "ours", str(tmp_path / "out" / "films"), options=options)
    with loop.database.transaction() as session:
        other = projects.create_project(session, "again", FINDINGS)
        source = projects.create_source(session, other.id, new)
    outcomes = import_source(loop.database, loop.blobs, source.id)
    assert outcomes == {"added": counts["films"]}
    again = Loop(loop.database, loop.blobs, other.id, loop.account_id)
    assert {key: (label.told, label.mask) for key, label in out(again).items()} == {
        key: (label.told, label.mask) for key, label in out(loop).items()
    }


def test_json_lines_of_an_open_audit_are_json(loop: Loop, tmp_path: Path) -> None:
    _, audit_id = audited(loop)
    read_all(loop, audit_id, "fix")
    with loop.database.transaction() as session:
        export = formats.settle(session, loop.project_id, LabelFilter(by="read"), "jsonl")
        cases = len(session.scalars(select(AuditCase)).all())
    counts = formats.write(loop.database, loop.blobs, export, "jsonl", tmp_path / "labels.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text().splitlines()]
    assert {line["read"]["verdict"] for line in lines} == {"fix"}
    assert len({line["film"]["sha256"] for line in lines}) == counts["films"] == cases
    assert {line["machine"]["iteration"] for line in lines} == {0}
