"""A folder goes out whole or not at all; no name that came in leads out of it."""

import hashlib
import os
import re
from pathlib import Path

import numpy as np
import pytest

from overread.domain.errors import Conflict, InvalidInput
from overread.services.exports.folder import MANIFEST, file_stem, written_folder
from overread.services.exports.nnunet import check_findings
from overread.services.exports.png import write_png
from overread.storage import BlobStore
from tests.exporting import drawn, film, labelled, with_pixels

HOSTILE = [
    "../../x.png", "/etc/passwd", "a\0b.png", "n" * 300 + ".png", "CON", "con.png", "CON.x.png", ".hidden",
    "a__nodule.png", "가슴 사진.png", "e\u0301.png", "\u00e9.png", "..", "", "a\nb.png", "-rf", "a/b/c.png", "b/c.png",
    "c.PNG", "\\\\host\\x.png",
]  # fmt: skip


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_no_name_leads_out_or_falls_together_with_another(tmp_path: Path) -> None:
    blobs, out = BlobStore(tmp_path / "blobs", reserve=0), tmp_path / "exports" / "out"
    films = [with_pixels(blobs, labelled(name, drawn("nodule", np.eye(32, dtype=bool)))) for name in HOSTILE]
    with written_folder(out) as folder:
        write_png(folder, iter(films), blobs)
    written = files(tmp_path / "exports")
    assert {Path(name).parts[0] for name in written} == {"out"}
    pictures = [name for name in written if name.endswith(".png")]
    assert len(pictures) == 2 * len(HOSTILE)
    assert len({name.casefold() for name in pictures}) == len(pictures)
    for name in pictures:
        last = name.rpartition("/")[2]
        assert last.isascii()
        assert last.isprintable()
        assert len(last) < 120
        assert last[0].isalnum()
        assert last.count("__") == ("/masks/" in name)


def test_a_name_is_known_again() -> None:
    one = film("ward 3/Müller 2.dcm", (4, 4))
    assert file_stem(one) == f"Mu_ller_2-{one.sha256[:16]}"


@pytest.mark.parametrize("name", ["mask.png", "w_MASK.dcm", "masks-1.png", "a mask of x.png", "n" * 55 + "_masks1.png"])
def test_a_films_name_is_no_masks(name: str) -> None:
    assert not re.search(r"(^|[-_. ])masks?($|[-_. ])", file_stem(film(name, (4, 4))), re.IGNORECASE)


def test_the_manifest_names_every_file(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path / "blobs", reserve=0)
    with written_folder(tmp_path / "out") as folder:
        write_png(folder, iter([with_pixels(blobs, labelled("a.png", drawn("nodule", np.eye(32, dtype=bool))))]), blobs)
    written = files(tmp_path / "out")
    lines = [line.split("  ", 1) for line in written.pop(MANIFEST).decode().splitlines()]
    told = {name: sha256 for sha256, name in lines}
    assert told == {name: hashlib.sha256(data).hexdigest() for name, data in written.items()}


def test_what_was_stopped_goes_on_and_keeps_nothing_else(tmp_path: Path) -> None:
    out, part = tmp_path / "out", tmp_path / "out.part"

    def write(names: dict[str, bytes], stop: bool = False) -> None:
        with written_folder(out) as folder:
            with folder.lines("table.csv") as tell:
                tell("a line\n")
            for name, data in names.items():
                folder.put(name, data)
            if stop:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write({"a/same": b"same", "a/other": b"before", "a/gone": b"x"}, stop=True)
    assert not out.exists()
    before = (part / "a/same").stat()
    (part / "a/.new-half").write_bytes(b"half of a file")
    (part / "a/cut").write_bytes(b"")
    write({"a/same": b"same", "a/other": b"after", "a/cut": b"whole"})
    assert not part.exists()
    assert (out / "a/same").stat().st_ino == before.st_ino  # not written again
    assert sorted(files(out)) == ["a/cut", "a/other", "a/same", MANIFEST, "table.csv"]
    assert files(out)["a/other"] == b"after"


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("out", "link"):
        with pytest.raises(Conflict, match="is there already"), written_folder(tmp_path / name):
            pass
    assert sorted(os.listdir(tmp_path)) == ["link", "out"]


def test_two_exports_do_not_write_one_folder(tmp_path: Path) -> None:
    once, twice = written_folder(tmp_path / "out"), written_folder(tmp_path / "out")
    with once, pytest.raises(Conflict, match="Another export"), twice:
        pass


@pytest.mark.parametrize("finding", ["background", "ignore"])
def test_nnunets_own_words_are_no_findings(finding: str) -> None:
    with pytest.raises(InvalidInput, match="meaning of its own"):
        check_findings(["nodule", finding])
