"""Projects, sources, patients, images and their masks."""

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from overread.db.tables.base import Id, Now, Table, one_of
from overread.db.tables.stored import Compressed, Stored
from overread.domain.json_value import JsonValue
from overread.domain.source_reports import Foreseen
from overread.domain.sources import ClassCount, SourceNote
from overread.domain.words import ImportOutcome, Origin, Says, SourceMaskKind, SourceRole, Split


class Project(Table):
    """An ordered set of 1–8 findings; bit i of a mask byte in the browser is finding i.

    ``seed`` and ``holdout`` (a share of the pool's patients) say who is held out; neither ever changes.
    """

    __tablename__ = "project"
    __table_args__ = (
        CheckConstraint("cardinality(findings) between 1 and 8", name="findings_count"),
        CheckConstraint("holdout >= 0 and holdout <= 0.5", name="holdout_share"),
    )
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    findings: Mapped[list[str]]
    seed: Mapped[int] = mapped_column(server_default=text("0"))
    holdout: Mapped[float] = mapped_column(server_default=text("0"))
    created_at: Mapped[Now]


class Source(Table):
    """One imported collection. ``options`` are its reader's; ``namespace`` tells whose patient keys it uses.

    ``notes``: what is to be told of it since its last import ended, and ``classes``: what it calls its findings, as
    that import met them; null where none has ended yet."""

    __tablename__ = "source"
    __table_args__ = (UniqueConstraint("project_id", "name"), one_of("role", SourceRole))
    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    name: Mapped[str]
    reader: Mapped[str]
    path: Mapped[str | None]
    options: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    role: Mapped[SourceRole]
    namespace: Mapped[str]
    licence: Mapped[str]
    notes: Mapped[list[SourceNote] | None] = mapped_column(Stored(list[SourceNote]))
    classes: Mapped[list[ClassCount] | None] = mapped_column(Stored(list[ClassCount]))
    created_at: Mapped[Now]


class Patient(Table):
    """A pseudonym. The pair (id, split) is what images point at: a patient can never cross a split.

    ``held``: HOLDOUT since the patient's first film came. It never changes, and no training set takes such a film.
    """

    __tablename__ = "patient"
    __table_args__ = (
        UniqueConstraint("project_id", "namespace", "key"),
        UniqueConstraint("id", "split"),
        one_of("split", Split),
        CheckConstraint("not held or split = 'pool'", name="held_from_pool"),
    )
    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    namespace: Mapped[str]
    key: Mapped[str]
    split: Mapped[Split]
    held: Mapped[bool] = mapped_column(server_default=text("false"))


class Image(Table):
    """One film. ``sha256`` names its decoded pixels (and their blob), ``file_sha256`` the bytes of its file. Spacings,
    from row to row and from column to column, are known both or neither."""

    __tablename__ = "image"
    __table_args__ = (
        ForeignKeyConstraint(["patient_id", "split"], ["patient.id", "patient.split"]),
        UniqueConstraint("project_id", "sha256"),
        UniqueConstraint("id", "sha256"),
        CheckConstraint("(row_spacing_mm is null) = (column_spacing_mm is null)", name="both_spacings"),
        Index("ix_image_split", "project_id", "split", "id"),
        Index("ix_image_view", "project_id", "split", "view"),
        Index("ix_image_file", "source_id", "file_sha256"),
    )
    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    patient_id: Mapped[int]
    split: Mapped[Split]
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    sha256: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    bits: Mapped[int]
    row_spacing_mm: Mapped[float | None]
    column_spacing_mm: Mapped[float | None]
    view: Mapped[str | None]
    sex: Mapped[str | None]
    age: Mapped[float | None]
    created_at: Mapped[Now]


class Fingerprint(Table):
    """What a film shows, to find near twins by (``domain.imaging.prints``); empty for one without any detail.

    ``twin_id``: the film most alike of those that were here before it and lie in another split.
    """

    __tablename__ = "fingerprint"
    __table_args__ = (Index("ix_fingerprint_twin", "twin_id", postgresql_where=text("twin_id is not null")),)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True)
    detail: Mapped[bytes]
    twin_id: Mapped[int | None] = mapped_column(ForeignKey("image.id"))


class Mask(Table):
    """Immutable: one finding on one image, drawn on those very pixels. ``counts``: COCO's compressed RLE.

    ``planted``: wrong on purpose, to test readers; by trigger no label, no reference and no training target.
    """

    __tablename__ = "mask"
    __table_args__ = (
        ForeignKeyConstraint(["image_id", "image_sha256"], ["image.id", "image.sha256"]),
        one_of("origin", Origin),
        CheckConstraint("origin <> 'AUTOMATIC' or labelling_id is not null", name="machine_names_labelling"),
    )
    id: Mapped[Id]
    image_id: Mapped[int] = mapped_column(index=True)
    image_sha256: Mapped[str]
    finding: Mapped[str]
    origin: Mapped[Origin]
    labelling_id: Mapped[int | None] = mapped_column(ForeignKey("labelling.id"))
    height: Mapped[int]
    width: Mapped[int]
    counts: Mapped[str] = mapped_column(Compressed)
    area: Mapped[int]
    sha256: Mapped[str]
    planted: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[Now]


class SourceMask(Table):
    """What came with a source: a reference mask (expert truth), or a public label (compared with, never trusted).

    Here is the mask that stands; it gives way to a newer one with its ``MaskChange``, by trigger not without.
    """

    __tablename__ = "source_mask"
    __table_args__ = (one_of("kind", SourceMaskKind),)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True)
    finding: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[SourceMaskKind]
    mask_id: Mapped[int] = mapped_column(ForeignKey("mask.id"))


class MaskChange(Table):
    """A mask of a source that gave way when its file came again with another mask: append-only, both masks are kept.

    Changes of one project follow each other by ``id``, since its imports wait for each other.
    """

    __tablename__ = "mask_change"
    __table_args__ = (
        ForeignKeyConstraint(["image_id", "finding"], ["source_mask.image_id", "source_mask.finding"]),
        CheckConstraint("old_mask_id <> mask_id", name="another_mask"),
        Index("ix_mask_change_unit", "image_id", "finding", text("id desc")),
    )
    id: Mapped[Id]
    image_id: Mapped[int]
    finding: Mapped[str]
    old_mask_id: Mapped[int] = mapped_column(ForeignKey("mask.id"))
    mask_id: Mapped[int] = mapped_column(ForeignKey("mask.id"))
    at: Mapped[Now]


class SourceStatement(Table):
    """What a source says of a finding on a whole film, and by whom ("" where it does not say). It is no mask and no
    truth: nothing learns from it, and nothing is scored by it."""

    __tablename__ = "source_statement"
    __table_args__ = (one_of("says", Says),)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True)
    finding: Mapped[str] = mapped_column(primary_key=True)
    reader: Mapped[str] = mapped_column(primary_key=True)
    says: Mapped[Says]


class SourceBox(Table):
    """A rectangle that a source draws around a finding, in pixels of the film, and by whom: no mask either."""

    __tablename__ = "source_box"
    __table_args__ = (
        # A NaN is greater than infinity here.
        CheckConstraint(
            """"left" >= 0 and "left" < "right" and "right" < 'infinity' """
            """and top >= 0 and top < bottom and bottom < 'infinity'""",
            name="box_sides",
        ),
    )
    id: Mapped[Id]
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), index=True)
    finding: Mapped[str]
    reader: Mapped[str]
    left: Mapped[float]
    top: Mapped[float]
    right: Mapped[float]
    bottom: Mapped[float]


class ImportLine(Table):
    """What became of each file, the last time it was offered. ``image_id``: the film that it is, or of a refused
    one the film that it contradicts."""

    __tablename__ = "import_line"
    __table_args__ = (one_of("outcome", ImportOutcome),)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    file_name: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[ImportOutcome]
    reason: Mapped[str | None]
    image_id: Mapped[int | None] = mapped_column(ForeignKey("image.id"))
    at: Mapped[Now]


class Preview(Table):
    """What a source would bring: ``asked`` is the source as somebody would import it, ``found`` what its job found out,
    null until that is done. Nothing of it is imported, and it goes after some days."""

    __tablename__ = "preview"
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    asked: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    found: Mapped[Foreseen | None] = mapped_column(Stored(Foreseen))
    created_at: Mapped[Now]
