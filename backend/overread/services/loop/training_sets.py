"""Training sets: references, what people read, and pseudo labels that passed; frozen as canonical bytes."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import islice

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from overread.db.tables import Image, Iteration, Mask, Project, PseudoLabel, Read, SourceMask, TrainingSet
from overread.domain.errors import InvalidInput, NotFound
from overread.domain.learning.manifest import Line, Target, canonical, parse
from overread.domain.learning.recipe.parts import Pseudo
from overread.domain.learning.reports import TrainingSetCounts
from overread.domain.learning.teaching import film_of, keep_pseudo
from overread.domain.policy.certify import read_weight
from overread.domain.readers.trust import PUBLISHED_MISS
from overread.domain.words import TargetKind, Thresholds
from overread.services.audit.fix_list import unread_fix
from overread.services.audit.kept_out import leave_out
from overread.services.audit.readers import agrees_with_draft, miss_rates
from overread.services.gate.admission import Entries, entries_of, weigh_rows
from overread.services.heads import heads, stands_for
from overread.storage import BlobStore

CHUNK = 500
ROWS = 5_000  # films that are written at once
_STORE = text("""insert into training_image (training_set_sha256, image_id, findings, kinds, masks)
    select :sha256, image.id, array(select jsonb_array_elements_text(line->'findings')),
        array(select jsonb_array_elements_text(line->'kinds')),
        array(select jsonb_array_elements_text(line->'masks')::bigint)
    from jsonb_array_elements(cast(:lines as jsonb)) as line
        join image on image.project_id = :project and image.sha256 = line->>'image'
    on conflict do nothing""")


@dataclass(frozen=True)
class Chosen:
    """A target, and its mask's row. Ids are of this database alone, and stay out of the manifest."""

    target: Target
    mask_id: int | None


Targets = dict[str, dict[str, Chosen]]  # by film's SHA-256 and finding


@dataclass(frozen=True)
class ManifestItem:
    """One image of a training set as training wants it: COCO counts by finding (None: no lesion), weights, the
    findings whose target a machine made, and how stable those are where that is known."""

    image_sha256: str
    height: int
    width: int
    patient: str
    counts: dict[str, bytes | None]
    weights: dict[str, float]
    machine: frozenset[str]
    stability: dict[str, float] = field(default_factory=dict)


def freeze_training_set(
    session: Session,
    blobs: BlobStore,
    project_id: int,
    teacher: Iteration | None,
    withheld: Iterable[str] = (),
    thresholds: Thresholds = "hand",
) -> TrainingSet:
    """Build and store the manifest. A human mask outranks a machine's, for ever; withheld findings add no pseudo label,
    and of a teacher whose labels may teach the contour alone no negative enters. ``thresholds``: which pseudo labels
    enter and with what weight (``entries``). Its counts also name the findings that it cannot teach.

    Raises InvalidInput when the project has no labelled image to learn from.
    """
    targets: Targets = defaultdict(dict)
    if teacher is not None:
        _add_pseudo_labels(session, targets, teacher, set(withheld), entries_of(session, teacher, thresholds))
    _add_reads(session, targets, project_id)
    _add_references(session, targets, project_id)
    leave_out(session, targets, project_id)
    kinds = Counter(chosen.target.kind for image in targets.values() for chosen in image.values())
    if not kinds["reference"]:
        raise InvalidInput("No labelled image to learn from. Import a source with role labelled and masks first.")
    lines = [_line(sha256, targets[sha256]) for sha256 in sorted(targets) if targets[sha256]]
    sha256 = blobs.put("".join(f"{line}\n" for line in lines).encode())
    unteachable = _unteachable(targets, session.get_one(Project, project_id).findings)
    counts = TrainingSetCounts(len(lines), kinds["reference"], kinds["read"], kinds["pseudo"], *unteachable)
    session.execute(
        insert(TrainingSet).values(sha256=sha256, project_id=project_id, counts=counts).on_conflict_do_nothing()
    )
    _store_images(session, sha256, project_id, targets)
    return session.get_one(TrainingSet, sha256)


def manifest_bytes(session: Session, blobs: BlobStore, sha256: str) -> bytes:
    """The frozen bytes of a training set; NotFound for any other blob, such as a film."""
    if session.get(TrainingSet, sha256) is None:
        raise NotFound(f"There is no training set {sha256[:80]!r}; an iteration's page and report name theirs.")
    return blobs.get(sha256)


def read_manifest(blobs: BlobStore, sha256: str) -> list[Line]:
    """The lines of a manifest."""
    return [parse(line) for line in blobs.get(sha256).splitlines()]


def manifest_items(session: Session, blobs: BlobStore, project_id: int, sha256: str) -> Iterator[ManifestItem]:
    """The images of a frozen training set with their masks, a few hundred at a time."""
    lines = iter(read_manifest(blobs, sha256))
    while chunk := list(islice(lines, CHUNK)):
        images = {image.sha256: image for image in _images(session, project_id, [line.image for line in chunk])}
        wanted = {target.mask for line in chunk for target in line.targets.values() if target.mask}
        counts = _counts(session, [image.id for image in images.values()], wanted)
        for line in chunk:
            yield _item(images[line.image], line.targets, counts)


def teaching_items(items: list[ManifestItem], pseudo: Pseudo, half: str | None = None) -> list[ManifestItem]:
    """What one run learns from: all that people said, and the pseudo labels that its recipe lets in. A film with both
    comes twice, as people said it and as a machine did: what people said keeps its share of every mini-batch.

    Raises InvalidInput when the recipe asks for stable films and no teacher's earlier checkpoints labelled.
    """
    films = [film_of(item.patient, item.counts, item.machine, item.stability) for item in items]
    kept = keep_pseudo(films, pseudo.uncertain, pseudo.reliable_share, half)
    parts = [_part(item, item.counts.keys() - item.machine) for item in items]
    parts += [_part(item, _taught(item, pseudo)) for item, keep in zip(items, kept, strict=True) if keep]
    return [part for part in parts if part.counts]


def _taught(item: ManifestItem, pseudo: Pseudo) -> AbstractSet[str]:
    """The findings that a machine teaches on a film: an empty mask has no contour."""
    if pseudo.teaches == "all":
        return item.machine
    return {finding for finding in item.machine if item.counts[finding] is not None}


def _part(item: ManifestItem, findings: AbstractSet[str]) -> ManifestItem:
    """The film with these findings alone."""
    own = {f: counts for f, counts in item.counts.items() if f in findings}
    weights = {f: item.weights[f] for f in own}
    return replace(item, counts=own, weights=weights, machine=item.machine & findings)


def reference_items(session: Session, project_id: int, split: str) -> Iterator[ManifestItem]:
    """The images of a split that carry reference masks: what evaluation measures against."""
    query = (
        select(Image, SourceMask.finding, Mask.counts, Mask.area)
        .join(SourceMask, SourceMask.image_id == Image.id)
        .join(Mask, Mask.id == SourceMask.mask_id)
        .where(Image.project_id == project_id, Image.split == split, SourceMask.kind == "reference")
        .order_by(Image.id)
    )
    current: ManifestItem | None = None
    for image, finding, counts, area in session.execute(query.execution_options(yield_per=CHUNK)):
        if current is None or current.image_sha256 != image.sha256:
            if current is not None:
                yield current
            current = _item(image, {}, {})
        current.counts[finding] = counts.encode() if area else None
        current.weights[finding] = 1.0
    if current is not None:
        yield current


def _unteachable(targets: Targets, findings: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Findings known on some films and present on none; present wherever they are known; known on no film."""
    said = {finding: {own[finding].target.mask is not None for own in targets.values() if finding in own}
            for finding in sorted(findings)}  # fmt: skip
    return tuple(tuple(finding for finding, is_there in said.items() if is_there == kind)
                 for kind in ({False}, {True}, set[bool]()))  # fmt: skip


def _store_images(session: Session, sha256: str, project_id: int, targets: Targets) -> None:
    """A row a film, which the database checks, a statement for thousands. The same set again is there already."""
    hashes = [image for image, own in targets.items() if own]
    for start in range(0, len(hashes), ROWS):
        lines = [
            {
                "image": image,
                "findings": list(targets[image]),
                "kinds": [chosen.target.kind for chosen in targets[image].values()],
                "masks": [chosen.mask_id for chosen in targets[image].values()],
            }
            for image in hashes[start : start + ROWS]
        ]
        session.execute(_STORE, {"sha256": sha256, "project": project_id, "lines": json.dumps(lines)})


def _line(sha256: str, targets: dict[str, Chosen]) -> str:
    return canonical(Line(sha256, {finding: chosen.target for finding, chosen in targets.items()}))


def _target(kind: TargetKind, mask: tuple[int, str] | None, weight: float, stability: float | None = None) -> Chosen:
    mask_id, sha256 = mask or (None, None)
    return Chosen(Target(kind, sha256, weight, stability), mask_id)


def _add_references(session: Session, targets: Targets, project_id: int) -> None:
    query = (
        select(Image.sha256, SourceMask.finding, Mask.id, Mask.sha256, Mask.area)
        .join(SourceMask, SourceMask.image_id == Image.id)
        .join(Mask, Mask.id == SourceMask.mask_id)
        .where(Image.project_id == project_id, Image.split == "train", SourceMask.kind == "reference")
    )
    for image, finding, mask_id, mask, area in session.execute(query):
        targets[image][finding] = _target("reference", (mask_id, mask) if area else None, 1.0)


def _add_pseudo_labels(
    session: Session, targets: Targets, teacher: Iteration, withheld: set[str], entries: Entries
) -> None:
    query = (
        select(
            Image.sha256,
            PseudoLabel.finding,
            PseudoLabel.decision,
            PseudoLabel.presence,
            PseudoLabel.risk,
            PseudoLabel.weight,
            PseudoLabel.stability,
            PseudoLabel.mask_id,
            Mask.sha256,
        )
        .join(Image, Image.id == PseudoLabel.image_id)
        .outerjoin(Mask, Mask.id == PseudoLabel.mask_id)
        .where(
            PseudoLabel.labelling_id == teacher.labelling_id,
            PseudoLabel.decision.in_(entries.sides),
            PseudoLabel.finding.not_in(withheld),
            ~unread_fix(teacher.id),
        )
    )
    rows = session.execute(query).all()
    for row, weight in zip(rows, weigh_rows(rows, entries), strict=True):
        if weight > 0:
            drawn = (row.mask_id, row.sha256_1) if row.decision == "positive" and row.mask_id is not None else None
            stable = None if row.stability is None else round(row.stability, 6)
            targets[row.sha256][row.finding] = _target("pseudo", drawn, round(weight, 6), stable)


def _add_reads(session: Session, targets: Targets, project_id: int) -> None:
    """The read of each image × finding that counts. "Cannot tell" makes it unknown."""
    missed = miss_rates(session, project_id)
    query = (
        select(
            Image.sha256,
            Read.finding,
            Read.verdict,
            Read.account_id,
            (Read.adjudicated | (Read.verdict != "accept")).label("drawn_by_hand"),
            agrees_with_draft().label("blind"),
            (1 - PseudoLabel.weight).label("p_bad"),
            Mask.id.label("mask_id"),
            Mask.sha256.label("mask"),
            Mask.area,
        )
        .join(Image, Image.id == Read.image_id)
        .join(PseudoLabel, PseudoLabel.id == Read.pseudo_label_id)
        .outerjoin(Mask, Mask.id == stands_for())
        .where(Image.project_id == project_id)
    )
    for row in session.execute(heads(query, Read.image_id, Read.finding)):
        if row.verdict == "cannot_tell":
            targets[row.sha256].pop(row.finding, None)
            continue
        mask = (row.mask_id, row.mask) if row.area else None
        rate = missed.get(row.account_id, PUBLISHED_MISS)
        weight = read_weight(row.drawn_by_hand, row.blind, rate, row.p_bad)
        targets[row.sha256][row.finding] = _target("read", mask, round(weight, 6))


def _images(session: Session, project_id: int, hashes: list[str]) -> Iterable[Image]:
    return session.scalars(select(Image).where(Image.project_id == project_id, Image.sha256.in_(hashes)))


def _counts(session: Session, image_ids: list[int], hashes: set[str]) -> dict[tuple[int, str], bytes]:
    query = select(Mask.image_id, Mask.sha256, Mask.counts).where(Mask.image_id.in_(image_ids), Mask.sha256.in_(hashes))
    return {(image_id, sha256): counts.encode() for image_id, sha256, counts in session.execute(query)}


def _item(image: Image, targets: Mapping[str, Target], counts: dict[tuple[int, str], bytes]) -> ManifestItem:
    return ManifestItem(
        image_sha256=image.sha256,
        height=image.height,
        width=image.width,
        patient=str(image.patient_id),
        counts={f: counts[image.id, t.mask] if t.mask else None for f, t in targets.items()},
        weights={f: t.weight for f, t in targets.items()},
        machine=frozenset(f for f, t in targets.items() if t.kind == "pseudo"),
        stability={f: t.stability for f, t in targets.items() if t.stability is not None},
    )
