"""The pool's wall, narrowed down to the films of which their source says something of the finding."""

from typing import get_args

from sqlalchemy import select, update

from overread.db.tables import AuditCase, Image, Iteration, SourceBox, SourceStatement
from overread.domain.words import SourceSays
from overread.services.explore import pool
from tests.loop import Loop
from tests.reading import audited

SAYS: tuple[SourceSays, ...] = get_args(SourceSays)


def hung(loop: Loop, labelling_id: int | None, said: SourceSays | None = None) -> list[int]:
    """The films on the wall of nodules, which is one page."""
    wall = pool.Wall("nodule", said=said)
    with loop.database.transaction() as session:
        films = [tile.image.id for tile in pool.list_tiles(session, labelling_id or 0, wall, None)]
        assert pool.lay_out(session, labelling_id or 0, wall).total == len(films)
        return films


def say(loop: Loop, *words: tuple[int, str, SourceSays]) -> None:
    with loop.database.transaction() as session:
        for image, finding, said in words:
            of = {"image_id": image, "finding": finding, "reader": "R9"}
            boxed = said == "boxed"
            session.add(
                SourceBox(left=1, top=1, right=2, bottom=2, **of) if boxed else SourceStatement(says=said, **of)
            )


def test_films_are_found_by_what_their_source_says_of_the_finding(loop: Loop) -> None:
    iteration, _ = audited(loop)
    with loop.database.transaction() as session:
        session.execute(update(Iteration).values(stage="closed"))
    one, other, *rest = hung(loop, iteration.labelling_id)
    say(loop, (one, "nodule", "boxed"), (one, "nodule", "absent"), (one, "fibrosis", "present"))
    say(loop, (other, "nodule", "present"), (other, "fibrosis", "boxed"))
    found = {said: hung(loop, iteration.labelling_id, said) for said in SAYS}
    assert found == {"present": [other], "absent": [one], "uncertain": [], "boxed": [one]}
    assert hung(loop, iteration.labelling_id) == [one, other, *rest]


def test_no_film_of_an_open_audit_is_found_whatever_finding_was_drawn_of_it(loop: Loop) -> None:
    iteration, _ = audited(loop)
    with loop.database.transaction() as session:
        films = session.scalars(select(Image.id).where(Image.split == "pool")).all()
        drawn = set(session.scalars(select(AuditCase.image_id)))
    say(loop, *((image, "nodule", "present") for image in films))
    shown = hung(loop, iteration.labelling_id)
    assert drawn & set(shown)  # for another finding
    assert hung(loop, iteration.labelling_id, "present") == [image for image in shown if image not in drawn]
