"""Labels out over HTTP: the same as on the command line, in pieces, and for engineers alone."""

import csv
import io
import json
import tarfile
from pathlib import Path
from typing import get_args

import pytest
from fastapi.testclient import TestClient

from overread.api.explore import exports
from overread.domain.words import ExportFormat, FolderFormat
from overread.services.exports import formats, stream
from overread.services.exports.labels import LabelFilter
from tests.api.steps import API, audited, sign_in
from tests.loop import FINDINGS, Loop


def test_an_engineer_takes_what_the_command_writes(
    client: TestClient, loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PIECE", 1000)
    monkeypatch.setattr(stream, "PAGE", 7)
    sign_in(client, loop, "engineer")
    audited(client, loop)
    for form in exports.FILES:
        where = LabelFilter(finding="nodule", source="pool")
        with loop.database.transaction() as session:
            export = formats.settle(session, loop.project_id, where, form)
        formats.write(loop.database, loop.blobs, export, form, tmp_path / form)
        answer = client.get(
            f"{API}/projects/{loop.project_id}/labels/{form}", params={"finding": "nodule", "source": "pool"}
        )
        assert answer.status_code == 200
        assert answer.content == (tmp_path / form).read_bytes()
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
    whole = client.get(f"{API}/projects/{loop.project_id}/labels/jsonl").text.splitlines()
    assert len(whole) == 42 * len(FINDINGS)
    rows = csv.DictReader(
        io.StringIO(client.get(f"{API}/projects/{loop.project_id}/labels/boxes", params={"by": "reference"}).text)
    )
    assert {row["by"] for row in rows} == {"reference"}
    assert {json.loads(line)["by"] for line in whole} == {"reference", "pseudo"}


@pytest.mark.parametrize("form", get_args(FolderFormat))
def test_a_folder_comes_as_a_tar_of_the_same_files(
    client: TestClient, loop: Loop, tmp_path: Path, form: FolderFormat
) -> None:
    sign_in(client, loop, "engineer")
    audited(client, loop)
    where = LabelFilter(finding="nodule")
    with loop.database.transaction() as session:
        export = formats.settle(session, loop.project_id, where, form)
    formats.write(loop.database, loop.blobs, export, form, tmp_path / "out")
    answer = client.get(f"{API}/projects/{loop.project_id}/labels/{form}", params={"finding": "nodule"})
    assert answer.headers["content-disposition"] == f'attachment; filename="{form}.tar"'
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as tar:
        came = {file.name: tar.extractfile(file).read() for file in tar}  # type: ignore[union-attr]
    assert came == {
        path.relative_to(tmp_path / "out").as_posix(): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("role", ["reader", None])
def test_nobody_else_exports(client: TestClient, loop: Loop, role: str | None) -> None:
    """A machine's masks tell whoever reads them blind what to draw, and which errors were planted."""
    if role is not None:
        sign_in(client, loop, role)
    for form in get_args(ExportFormat):
        answer = client.get(f"{API}/projects/{loop.project_id}/labels/{form}", params={"finding": "nodule"})
        assert answer.status_code == (403 if role else 401)


@pytest.mark.parametrize(
    ("form", "params", "status"),
    [
        ("zip", {}, 422),
        ("nnunet", {"by": "read"}, 422),  # nobody read a film
        ("siim", {}, 422),
        ("siim", {"finding": "nodule"}, 422),  # both sources have films of one name
        ("jsonl", {"finding": "hernia"}, 422),
        ("jsonl", {"source": "nowhere"}, 404),
        ("jsonl", {"reader": "nobody"}, 404),
        ("statements", {"by": "public"}, 422),
        ("source-boxes", {"reader": "a reader"}, 404),  # the source's readers are meant
        ("jsonl", {"iteration": 3}, 404),
        ("jsonl", {"iteration": -1}, 422),
        ("jsonl", {"by": "somebody"}, 422),
        ("jsonl", {"decision": "maybe"}, 422),
        ("jsonl", {"split": "test"}, 422),
        ("jsonl", {"source": "x" * 101}, 422),
    ],
)
def test_what_cannot_go_out_is_refused_before_the_first_byte(
    client: TestClient, loop: Loop, form: str, params: dict[str, str], status: int
) -> None:
    sign_in(client, loop, "engineer")
    answer = client.get(f"{API}/projects/{loop.project_id}/labels/{form}", params=params)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get(f"{API}/projects/99/labels/jsonl").status_code == 404
