"""Parquet: a row a film with its pixels, and its labels in there with their masks and all of their lineage.

Pictures are PNG bytes in the struct that Hugging Face's ``datasets`` takes for an image, as the schema's metadata says;
to everything else they are bytes. Rows come in groups of few films, in the memory of one.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from overread.domain.imaging.films import unpack_film
from overread.domain.json_value import JsonValue
from overread.services.exports.folder import Folder
from overread.services.exports.labels import Label, LabelledFilm
from overread.services.exports.lines import lineage, plain
from overread.services.exports.png import png
from overread.services.exports.shards import write_shards
from overread.storage import BlobStore

GROUP, MOST_FILMS = 32 << 20, 100  # bytes and films of a group of rows: whichever comes first
TEXT, WHOLE, REAL, YES = pa.string(), pa.int32(), pa.float64(), pa.bool_()
PICTURE = pa.struct({"bytes": pa.binary(), "path": TEXT})
MACHINE = pa.struct(
    {"iteration": WHOLE, "checkpoints": pa.list_(TEXT), "tau_neg": REAL, "tau_pos": REAL, "tau_mask": REAL,
     "decision": TEXT, "presence": REAL, "agreement": REAL, "risk": REAL, "weight": REAL}
)  # fmt: skip
WORD = pa.struct({"reader": TEXT, "verdict": TEXT, "stream": TEXT, "judge": YES, "at": TEXT})
LABEL = pa.struct(
    {"finding": TEXT, "told": TEXT, "by": TEXT, "mask": PICTURE, "counts": TEXT, "mask_sha256": TEXT, "at": TEXT,
     "machine": MACHINE, "read": WORD, "kept_out": YES}
)  # fmt: skip
FILM = {
    "file": TEXT, "sha256": TEXT, "source": TEXT, "patient": TEXT, "split": TEXT, "width": WHOLE, "height": WHOLE,
    "bits": WHOLE, "row_spacing_mm": REAL, "column_spacing_mm": REAL, "view": TEXT, "sex": TEXT, "age": REAL,
    "image": PICTURE, "labels": pa.list_(LABEL),
}  # fmt: skip
CARD = """Chest films with labels, as they went out of Overread. A label is what stands of one finding on one film:
`lesion`, `no_lesion` with an empty mask, or `uncertain`; a finding without a label was not looked at. `counts` is the
mask as COCO's compressed RLE, in the film's height and width. Nobody may train on `holdout`.
"""


def write_parquet(folder: Folder, films: Iterator[LabelledFilm], blobs: BlobStore) -> None:
    """``data/SPLIT-00000.parquet`` and so on, and ``README.md``, by which ``load_dataset`` finds the splits."""
    splits = write_shards(folder, films, "parquet", partial(_shard, blobs))
    files = "".join(f"  - split: {split}\n    path: data/{split}-*.parquet\n" for split in splits)
    configs = f"---\nconfigs:\n- config_name: default\n  data_files:\n{files}---\n" if splits else ""
    folder.put("README.md", (configs + CARD).encode())


@contextmanager
def _shard(blobs: BlobStore, path: Path) -> Iterator[Callable[[LabelledFilm], int]]:
    rows: list[dict[str, object]] = []
    held = 0
    with pq.ParquetWriter(path, SCHEMA) as writer:

        def flush() -> None:
            if rows:
                writer.write_table(pa.Table.from_pylist(rows, SCHEMA))
            rows.clear()

        def add(one: LabelledFilm) -> int:
            nonlocal held
            image = png(unpack_film(blobs.get(one.film.sha256)))
            masks = [None if label.mask is None else png(label.mask.pixels * np.uint8(255)) for label in one.labels]
            labels = [_label(label, mask) for label, mask in zip(one.labels, masks, strict=True)]
            rows.append(plain(one.film) | {"image": {"bytes": image}, "labels": labels})
            taken = len(image) + sum(map(len, filter(None, masks)))
            held += taken
            if held >= GROUP or len(rows) == MOST_FILMS:
                flush()
                held = 0
            return taken

        yield add
        flush()


def _label(label: Label, mask: bytes | None) -> dict[str, object]:
    return {
        **lineage(label),
        "mask": None if mask is None else {"bytes": mask},
        "counts": None if label.mask is None else label.mask.counts,
    }


def _feature(kind: pa.DataType) -> JsonValue:
    """What ``datasets`` calls a type of Arrow's, in the words that its old versions know as well."""
    if kind == PICTURE:
        return {"_type": "Image"}
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    if pa.types.is_list(kind):
        return [_feature(kind.value_type)]
    return {"dtype": str(kind).replace("double", "float64"), "_type": "Value"}


FEATURES = {name: _feature(kind) for name, kind in FILM.items()}
SCHEMA = pa.schema(FILM, {"huggingface": json.dumps({"info": {"features": FEATURES}})})
