"""Where a labelled source's patients go: as its table says, else as they are drawn, and anew by another seed."""

from pathlib import Path

import pytest
from sqlalchemy import select

from overread.db.tables import Image, Source
from overread.domain.errors import InvalidInput
from overread.domain.json_value import JsonValue
from overread.services.films.splits import split_of
from tests.loop import Loop
from tests.services.films.folders import exported_again, film, folder_source, lines, shown


def splits(loop: Loop, name: str) -> dict[str, str]:
    query = select(Image.file_name, Image.split).join(Source, Source.id == Image.source_id).where(Source.name == name)
    with loop.database.transaction() as session:
        return dict(session.execute(query).all())


def table(films: Path, *rows: str) -> None:
    (films / "patients.csv").write_text("\n".join(["file,patient_id,split", *rows]))


def test_given_splits_are_kept_and_nobody_moves(loop: Loop, films: Path) -> None:
    for name in "abcd":
        film(films / f"{name}.png", ord(name))
    table(films, "a,A,external", "b,A,External", "c,C,development", "d,,train")
    assert folder_source(loop, films, "fixed") == {"added": 4}
    given = {"a.png": "external", "b.png": "external", "c.png": "development", "d.png": "train"}
    assert splits(loop, "fixed") == given
    assert folder_source(loop, films, "fixed") == {"unchanged": 4}
    film(films / "e.png", ord("e"))
    table(films, "a,A,external", "b,A,external", "c,C,train", "d,,development", "e,C,train")
    assert folder_source(loop, films, "fixed") == {"unchanged": 2, "refused": 3}
    told = {name: str(reason) for name, (outcome, reason) in lines(loop, "fixed").items() if outcome == "refused"}
    assert set(told) == {"c.png", "d.png", "e.png"}
    assert all(reason.startswith("Patient ") and "nobody moves" in reason for reason in told.values())
    assert splits(loop, "fixed") == given


def test_a_given_split_outranks_a_twin_which_is_told(loop: Loop, films: Path) -> None:
    shown(films / "a.png", 1)
    exported_again(films / "b.jpg", films / "a.png")
    table(films, "a.png,A,train", "b.jpg,B,external")
    assert folder_source(loop, films, "fixed") == {"added": 2}
    assert splits(loop, "fixed") == {"a.png": "train", "b.jpg": "external"}
    assert lines(loop, "fixed")["b.jpg"] == ("added", "near twin of a.png")


@pytest.mark.parametrize("role", ["pool", "external"])
def test_a_split_that_the_source_does_not_fill_is_refused(loop: Loop, films: Path, role: str) -> None:
    film(films / "a.png", 1)
    table(films, "a,A,train")
    assert folder_source(loop, films, "fixed", role) == {"refused": 1}
    assert f"a {role} source fills no such split" in str(lines(loop, "fixed")["a.png"][1])


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (["a,A,train", "b,A,external"], "puts patient A into train and external"),
        (["a,A,train", "b,A,"], "puts patient A into train and no split"),
        (["a,A,test", "b,B,train"], "Row 2 of patients.csv has the split 'test'"),
    ],
)
def test_a_table_that_splits_a_patient_stops_the_import(loop: Loop, films: Path, rows: list[str], reason: str) -> None:
    film(films / "a.png", 1)
    film(films / "b.png", 2)
    table(films, *rows)
    with pytest.raises(InvalidInput, match=reason):
        folder_source(loop, films, "fixed")


def test_another_seed_draws_the_splits_anew(loop: Loop, films: Path) -> None:
    def drawn(options: dict[str, JsonValue]) -> list[str]:
        source = Source(role="labelled", options={"shares": {"train": 0.5, "development": 0.5}} | options)
        return [split_of(source, "shared", str(key)) for key in range(400)]

    assert drawn({}) == drawn({"split_seed": 0})
    assert drawn({"split_seed": 1}) == drawn({"split_seed": 1}) != drawn({"split_seed": 2}) != drawn({})
    assert abs(drawn({"split_seed": 1}).count("train") - 200) < 50
    film(films / "1.png", 1)
    assert folder_source(loop, films, "by seed", split_seed=7) == {"added": 1}
    for wrong in (True, -1, "7", 1.5):
        with pytest.raises(InvalidInput, match="split_seed is a whole number"):
            folder_source(loop, films, "wrong", split_seed=wrong)
