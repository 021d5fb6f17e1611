"""A machine's labels as they lie in Postgres, made by SQL: films with five findings each, and masks that differ."""

import zlib
from collections.abc import Iterable, Sequence

import numpy as np
import psycopg
from sqlalchemy import make_url

from benchmarks.pool_pages import FRAME
from overread.domain.imaging.masks import Rle

SIDE = 512  # pixels
ROWS = """
insert into patient (project_id, namespace, key, split)
  select {project}, 'made', 'p' || n, 'pool' from film order by n;
insert into image (project_id, source_id, patient_id, split, file_name, file_sha256, sha256, width, height, bits, view)
  select {project}, {project} * 10, patient.id, 'pool', 'film-' || n || '.png', sha256, sha256, {side}, {side}, 8, 'PA'
  from film join patient on project_id = {project} and key = 'p' || n order by n;
create temporary table made as
  select image.id as image_id, image.sha256, finding, row_number() over (order by image.id, finding) as k
  from image cross join unnest(array['a','b','c','d','e']) finding where project_id = {project};
insert into mask (image_id, image_sha256, finding, origin, labelling_id, height, width, counts, area, sha256)
  select image_id, made.sha256, finding, 'AUTOMATIC', {project}, {side}, {side}, counts, area, shape.sha256
  from made join shape on n = k % {masks} where k % 10 > 0;
insert into pseudo_label (labelling_id, image_id, finding, decision, presence, agreement, variance, risk, weight, area,
    mask_id)
  select {project}, made.image_id, made.finding, case k % 10 when 0 then 'negative' when 1 then 'uncertain' else
    'positive' end, 0.9, 0.8, 0.05, 0.3, 0.8, coalesce(area, 0), mask.id
  from made left join mask on mask.image_id = made.image_id and mask.finding = made.finding;
update iteration set labelling_id = {project} where id = {project};
drop table made, film, shape;
vacuum analyze image;
vacuum analyze mask;
vacuum analyze pseudo_label;
"""


def hang_labels(url: str, project: int, films: Iterable[str], masks: Sequence[Rle]) -> None:
    """A project with these films, by the hashes of their pixels (SIDE, SIDE), and five labels of each: of ten eight are
    lesions, one is uncertain, and one none. The masks come in turn; where there are more than are remembered (4,096),
    no export gains by seeing one again."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        connection.execute(FRAME.format(project=project))
        connection.execute("create temporary table film (n int, sha256 text)")
        with cursor.copy("copy film from stdin") as copy:
            for row in enumerate(films):
                copy.write_row(row)
        connection.execute("create temporary table shape (n int primary key, counts bytea, area int, sha256 text)")
        with cursor.copy("copy shape from stdin") as copy:
            for number, mask in enumerate(masks):
                copy.write_row((number, zlib.compress(mask.counts.encode()), mask.area, mask.sha256))
        for statement in ROWS.format(project=project, side=SIDE, masks=len(masks)).split(";\n")[:-1]:
            connection.execute(statement)


def lesion(chance: np.random.Generator) -> Rle:
    """One to four ragged discs, of an eightieth to a seventh of the film."""
    mask = np.zeros((SIDE, SIDE), bool)
    for _ in range(chance.integers(1, 5)):
        radius = int(chance.uniform(SIDE / 80, SIDE / 7))
        y, x = np.mgrid[-radius:radius, -radius:radius]
        ragged = radius * (0.8 + 0.1 * np.sin(6 * np.arctan2(y, x) + chance.uniform(0, 6)))
        top, left = chance.integers(0, SIDE - 2 * radius, 2)
        mask[top : top + 2 * radius, left : left + 2 * radius] |= np.hypot(y, x) < ragged
    return Rle.of(mask)
