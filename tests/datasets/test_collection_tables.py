"""Tables of collections are hostile: what is none is a sentence, and nothing is read without a limit."""

import gzip
import os
from pathlib import Path

import pytest

from overread.datasets import check_options
from overread.datasets.files import tables
from overread.datasets.files.tables import read_names, read_rows
from overread.domain.errors import InvalidInput


def rows(path: Path, content: bytes, **asked: list[str]) -> list[dict[str, str]]:
    path.write_bytes(content)
    return [row for _, row in read_rows(path, asked.get("needed", ["a"]), asked.get("known", ["b"]))]


def test_rows_are_read_as_programs_write_them(tmp_path: Path) -> None:
    right = [{"a": "1", "b": "x"}, {"a": "2", "b": ""}]
    plain = tmp_path / "t.csv"
    for text in (
        "A, b\n1 ,x\n\n2\n",
        "\ufeffa;B\r\n1; x\r\n2;\r\n",
        'a\tb\n"1"\tx\n2\t\n',
        "a,b\n1,x\n2,,,\n",
        "a,b\r1,x\r2\r",
        '"a", "b"\n"1", "x"\n"2", ""\n',
        'a\tb\n1\t "x"\n2\t\n',
    ):
        assert rows(plain, text.encode()) == right
    assert rows(tmp_path / "t.csv.gz", gzip.compress(b"a,b\n1,x\n2,\n")) == right
    assert [number for number, _ in read_rows(tmp_path / "t.csv.gz", ["a"])] == [2, 3]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "needs the columns a; it has no a"),
        (b"b\n1\n", "needs the columns a; it has no a"),
        (b'a,b\n1,"x\n2,x\n', "unexpected end"),
        (b'a,b\n1,"x\n2,x\n3,"x"\n', "expected after"),
        (b"a,A\n1,2\n", "two columns a"),
        (b"a,b,b\n1,2,3\n", "two columns b"),
        (b"b,a\n1\n", "Row 2 of t.csv has another number of values"),
        (b"a,b\n1,2\n1,2,3\n", "Row 3 of t.csv has another number of values"),
        (b"a,b\n1\0,2\n", "a NUL"),
        ("a,b\n1,2\n".encode("utf-16"), "no CSV in UTF-8"),
        (b"a,b\n" + b"\n" * 1_000_000, "more than 1,000,000 rows"),
        (b"a,b\n\xff,2\n", "no CSV in UTF-8"),
        (b'a,b\n"1' + b"\nx" * 100_000, "no CSV in UTF-8"),
        (b"a," * 10_000_000, "more than 64 KiB"),
        (b"a" + b",x" * 1500 + b"\n", "1,501 columns"),
    ],
)
def test_what_is_no_table_is_a_sentence(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        rows(tmp_path / "t.csv", content)


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"a,b\n1,2\n")[:-6], b"\x1f\x8b\x08\0\0\0\0\0\0\3zzzz"])
def test_a_broken_gzip_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidInput, match="no CSV in UTF-8"):
        rows(tmp_path / "t.csv.gz", content)


def test_a_bomb_is_read_no_further_than_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with gzip.open(tmp_path / "t.csv.gz", "wb") as bomb:
        bomb.write(b"a,b\n")
        for _ in range(64):
            bomb.write(b"1,2\n" * (1 << 16))
    monkeypatch.setattr(tables, "MAX_LETTERS", 1 << 20)
    with pytest.raises(InvalidInput, match="more than 1 MiB of text"):
        list(read_rows(tmp_path / "t.csv.gz", ["a"]))
    monkeypatch.setattr(tables, "MAX_LETTERS", 1 << 30)
    monkeypatch.setattr(tables, "MAX_ROWS", 1000)
    read = read_rows(tmp_path / "t.csv.gz", ["a"])
    with pytest.raises(InvalidInput, match="more than 1,000 rows"):
        list(read)


def test_a_pipe_is_no_table(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.csv")
    with pytest.raises(InvalidInput, match="no regular file"):
        list(read_rows(tmp_path / "t.csv", ["a"]))
    with pytest.raises(InvalidInput, match="no regular file"):
        read_names(tmp_path / "t.csv")


@pytest.mark.parametrize(
    "options", [{"names": {"Mass": 1}}, {"names": "nodule"}, {"missing": "all"}, {"labels": "../x.csv"}, {"list": 3}]
)
def test_options_of_another_type_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        check_options("nih", options)


def test_options_of_the_right_types_are_taken() -> None:
    check_options("nih", {"names": {"Mass": ""}, "missing": 3, "labels": "x.csv", "list": "l.txt"})
    check_options("chexpert", {"lateral": True, "segmentations": "a.json"})
    check_options("mimic", {"split": "test"})
    check_options("vinbigdata", {"names": {}})
