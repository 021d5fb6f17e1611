"""Statements and boxes of a source come in with its films, are never replaced, and are nobody's masks."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from overread.datasets import READERS
from overread.datasets.files.files import file_sha256, load_file
from overread.datasets.reading import Box, Entry, Statement, no_masks
from overread.db.tables import Image, Mask, Source, SourceBox, SourceMask, SourceStatement, TrainingImage
from overread.domain.errors import InvalidInput, InvalidMask
from overread.services.films import imports, projects
from overread.services.films.report import source_report
from tests.loop import Loop
from tests.services.films.folders import film, lines, source_id

SAID = (Statement("nodule", "present", "R1"), Statement("nodule", "absent", "R2"), Statement("hernia", "present"))
DRAWN = (Box("nodule", 1.5, 2, 9, 11, "R1"), Box("hernia", 0, 0, 5, 5))


class Told:
    """A reader of PNGs that says of each film what it is told to."""

    def __init__(self) -> None:
        self.statements: tuple[Statement, ...] = SAID
        self.boxes: tuple[Box, ...] = DRAWN

    def __call__(self, path: Path, findings: list[str]) -> Iterator[Entry]:
        for file in sorted(path.glob("*.png")):
            yield Entry(
                file.name,
                "p1",
                file_sha256(file),
                load_file(file),
                no_masks,
                statements=self.statements,
                boxes=lambda _film: self.boxes,
            )


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    told = Told()
    monkeypatch.setitem(READERS, "told", told)
    return told


def bring(loop: Loop, folder: Path, name: str = "told", role: str = "pool") -> dict[str, int]:
    with loop.database.transaction() as session:
        new = projects.NewSource(name, "told", role, "ours", str(folder), "shared")
        source = projects.create_source(session, loop.project_id, new)
    return dict(imports.import_source(loop.database, loop.blobs, source.id))


def stored(loop: Loop) -> tuple[set[tuple[str, str, str]], set[tuple[object, ...]]]:
    sides = (SourceBox.left, SourceBox.top, SourceBox.right, SourceBox.bottom)
    with loop.database.transaction() as session:
        said = session.execute(select(SourceStatement.finding, SourceStatement.reader, SourceStatement.says))
        boxes = session.execute(select(SourceBox.finding, SourceBox.reader, *sides))
        return {(*row,) for row in said}, {(*row,) for row in boxes}


HERE = ({("nodule", "R1", "present"), ("nodule", "R2", "absent")}, {("nodule", "R1", 1.5, 2.0, 9.0, 11.0)})


def test_what_a_source_says_comes_in_with_its_film_and_is_no_mask(loop: Loop, films: Path, told: Told) -> None:
    def masks() -> tuple[int | None, int | None]:
        with loop.database.transaction() as session:
            return tuple(session.scalar(select(func.count()).select_from(one)) for one in (SourceMask, Mask))  # type: ignore[return-value]

    before = masks()
    film(films / "a.png", 1)
    assert bring(loop, films) == {"added": 1}
    assert stored(loop) == HERE
    assert masks() == before
    with loop.database.transaction() as session:
        (found,) = [one for one in source_report(session, source_id(loop, "told")).findings if one.finding == "nodule"]
    assert (found.lesion, found.no_lesion, found.unknown) == (0, 0, 1)
    assert (found.boxed, found.present, found.absent, found.uncertain) == (1, 1, 1, 0)
    assert found.sentence == (
        "nodule, pool: 0 with it, 0 without, 1 unknown; said of whole films: 1 present, 1 absent, 0 uncertain; "
        "boxes on 1."
    )


def test_a_film_that_comes_again_keeps_what_was_said_first(loop: Loop, films: Path, told: Told) -> None:
    film(films / "a.png", 1)
    bring(loop, films)
    assert bring(loop, films) == {"unchanged": 1}
    assert lines(loop, "told")["a.png"] == ("unchanged", None)
    told.statements = (Statement("nodule", "uncertain", "R1"),)
    assert bring(loop, films) == {"unchanged": 1}
    assert "not those that came with these pixels before, which stay" in str(lines(loop, "told")["a.png"][1])
    assert stored(loop) == HERE


def test_what_is_said_later_of_a_film_that_is_here_is_added(loop: Loop, films: Path, told: Told) -> None:
    film(films / "a.png", 1)
    told.statements, told.boxes = (), ()
    bring(loop, films)
    told.statements, told.boxes = SAID, DRAWN
    assert bring(loop, films) == {"added": 1}
    assert lines(loop, "told")["a.png"] == ("added", "statements, boxes, unknown before, to a.png")
    assert stored(loop) == HERE


def test_another_sources_film_is_told_nothing_of(loop: Loop, films: Path, told: Told) -> None:
    film(films / "a.png", 1)
    told.statements, told.boxes = (), ()
    bring(loop, films)
    told.statements = SAID
    assert bring(loop, films, "second") == {"unchanged": 1}
    assert "which stay" in str(lines(loop, "second")["a.png"][1])
    assert stored(loop) == (set(), set())


def test_a_film_with_a_box_that_cannot_be_is_refused_with_all_that_is_its(
    loop: Loop, films: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outside(path: Path, findings: list[str]) -> Iterator[Entry]:
        def boxes(_film: object) -> tuple[Box, ...]:
            raise InvalidMask("a nodule box does not lie on its film")

        for entry in told(path, findings):
            yield Entry(entry.file_name, "p1", entry.file_sha256, entry.load, no_masks, statements=SAID, boxes=boxes)

    monkeypatch.setitem(READERS, "told", outside)
    film(films / "a.png", 1)
    assert bring(loop, films) == {"refused": 1}
    assert stored(loop) == (set(), set())
    with loop.database.transaction() as session:
        assert session.scalars(select(Image).where(Image.file_name == "a.png")).all() == []


@pytest.mark.parametrize(
    "sides", ["-1, 2, 9, 11", "9, 2, 9, 11", "1, 11, 9, 2", "'nan', 2, 9, 11", "1, 2, 'nan', 11", "1, 2, 'infinity', 3"]
)
def test_the_database_takes_no_box_without_an_inside(loop: Loop, sides: str) -> None:
    insert = 'insert into source_box (image_id, finding, reader, "left", top, "right", bottom) '
    insert += f"select min(id), 'nodule', '', {sides} from image"
    with pytest.raises(IntegrityError, match="ck_source_box_box_sides"), loop.database.transaction() as session:
        session.execute(text(insert))


def test_nothing_but_imports_their_report_exports_and_explorers_knows_statements_and_boxes() -> None:
    root = Path(__file__).resolve().parents[3]
    sources = {file: file.read_text() for part in ("backend", "worker") for file in (root / part).rglob("*.py")}

    def naming(*names: str) -> set[str]:
        found = [file for file, source in sources.items() if any(re.search(rf"\b{name}\b", source) for name in names)]
        return {str(file.relative_to(root)) for file in found}

    services = "backend/overread/services"
    tables = {"backend/overread/db/tables/__init__.py", "backend/overread/db/tables/films.py"}
    assert naming("SourceStatement", "SourceBox") == {
        *tables,
        f"{services}/films/told.py",
        f"{services}/films/report.py",
    }
    reading = ("films/told", "exports/source_words", "explore/compare", "explore/pool")
    assert naming("words_of", "films_said") == {f"{services}/{name}.py" for name in reading}


def test_a_film_with_statements_alone_teaches_nobody(loop: Loop, films: Path, told: Told) -> None:
    film(films / "a.png", 1)
    bring(loop, films, role="labelled")
    launched = loop.launch()
    with loop.database.transaction() as session:
        image = session.scalars(select(Image.id).where(Image.file_name == "a.png")).one()
        taught = session.scalars(
            select(TrainingImage.image_id).where(TrainingImage.training_set_sha256 == launched.training_set_sha256)
        ).all()
    assert taught
    assert image not in taught


def test_a_class_that_is_no_finding_of_the_projects_makes_no_source(loop: Loop, films: Path) -> None:
    new = projects.NewSource("nih", "nih", "pool", "ours", str(films), options={"names": {"Mass": "mass"}})
    with pytest.raises(InvalidInput, match="'Mass' is said to be 'mass'"), loop.database.transaction() as session:
        projects.create_source(session, loop.project_id, new)
    with loop.database.transaction() as session:
        assert session.scalars(select(Source).where(Source.name == "nih")).all() == []
