"""DICOM films with DICOM SEG objects below the same folder: masks of the film whose SOP instance they refer to.

A segment's label, or else what its code means, is its class. A segment that a SEG describes and has no frame of is not
there: it was looked for. Of a finding that no SEG of a film describes nothing is known, nor of one that a machine drew
alone.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from overread.datasets.decoding.decode import decode_segments, drawn_segments, read_tags, segments
from overread.datasets.files.files import check_share, file_sha256, files_below, load_file, read_bytes
from overread.datasets.files.names import AS_THEY_ARE
from overread.datasets.people.owners import PATIENTS, Owners, read_owners
from overread.datasets.reading import Beside, Entry, Film, Masks, Refusal, need_folder
from overread.datasets.tools.shapes import Pixels
from overread.datasets.tools.tool_films import INVERTED, meanings
from overread.domain.errors import InvalidMask, UnreadableImage

SEG, REPORT = "1.2.840.10008.5.1.4.1.1.66.", "1.2.840.10008.5.1.4.1.1.88."  # what their SOP classes begin with
TAGS = ["SOPClassUID", "SOPInstanceUID", "PatientID", "StudyInstanceUID"]
BY_MACHINE = "drawn by a machine alone, so its mask is unknown: {}"
OTHERS = "it labels the film {}, and is of another {} by its header: find out whose masks these are"


@dataclass(frozen=True)
class Whose:
    """The patient and the study that a header names, "" for none."""

    patient: str
    study: str

    def differs(self, other: "Whose") -> str:
        """In what these cannot be one's, "" where they may be. A study tells where a patient does not."""
        if self.patient and other.patient:
            return "patient" if self.patient != other.patient else ""
        return "study" if self.study and other.study and self.study != other.study else ""


@dataclass(frozen=True)
class Seg:
    """A SEG object: its file, its labels by segment number, those whose mask is none since a machine alone drew it, the
    films that it is of, and whose it is."""

    file: Path
    labels: dict[int, str]
    by_machine: frozenset[str]
    instances: frozenset[str]
    whose: Whose


@dataclass
class Sorted:
    """What lies below a folder: films by their SOP instance, and whose each is; SEGs; DICOM SR; and what is refused."""

    films: dict[str, dict[Path, Whose]] = field(default_factory=lambda: defaultdict(dict))
    segs: list[Seg] = field(default_factory=list)
    reports: list[Path] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def read_dicom_seg(
    path: Path | None,
    findings: list[str],
    *,
    names: dict[str, str] = AS_THEY_ARE,
    automatic: bool = False,
    patients: str = PATIENTS,
    patient_pattern: str = "",
) -> Iterator[Entry | Refusal | Beside]:
    """Every DICOM film below the folder, with its segments. ``names``: the findings of labels, as ``naming`` takes
    them. ``automatic``: masks are what a machine drew alone, too. ``patients``, ``patient_pattern``: as in ``owners``.
    Refusals for what is no DICOM, for SEGs that cannot be read, and for those of films that are missing or another
    patient's; DICOM SR lies beside."""
    folder = need_folder(path)
    below = files_below(folder)
    found = _sort(folder, below.files, automatic)
    yield from (*below.refusals, *found.refusals)
    if found.reports:
        yield Beside(len(found.reports), str(found.reports[0].relative_to(folder)))
    labelled = {label for seg in found.segs for label in seg.labels.values()}
    meant = meanings(labelled, findings, names, "The folder's DICOM SEG")
    others = {seg.file: reason for seg in found.segs if (reason := _anothers(folder, seg, found.films))}
    for seg in found.segs:
        lost = seg.instances - found.films.keys()
        if reason := others.get(seg.file) or (f"it labels the film {min(lost)}, which is missing" if lost else ""):
            yield Refusal(str(seg.file.relative_to(folder)), reason)
    names_of = {str(film.relative_to(folder)): film for same in found.films.values() for film in same}
    owners = read_owners(folder, names_of, patients, patient_pattern)
    yield from owners.refusals
    for instance, same in found.films.items():
        of = [seg for seg in found.segs if instance in seg.instances and seg.file not in others]
        for film in same:
            name = str(film.relative_to(folder))
            if of and len(same) > 1:
                yield Refusal(name, f"{len(same)} films have the SOP instance {instance[:64]}, which a SEG labels")
            elif name not in owners.refused:
                yield _entry(name, film, _Masks(instance, of, meant), owners)


def _sort(folder: Path, files: list[Path], automatic: bool) -> Sorted:
    found = Sorted()
    for file in files:
        name = str(file.relative_to(folder))
        try:
            data = read_bytes(file)
            kind, instance, patient, study = read_tags(data, TAGS).values()
            if kind.startswith(REPORT):
                found.reports.append(file)
            elif kind.startswith(SEG):
                labels, machine, instances = segments(data)
                by_machine = frozenset(labels[number] for number in machine if number in labels and not automatic)
                found.segs.append(Seg(file, labels, by_machine, frozenset(instances), Whose(patient, study)))
            else:
                found.films[instance or name][file] = Whose(patient, study)
        except UnreadableImage as error:
            found.refusals.append(Refusal(name, error.detail))
    return found


def _anothers(folder: Path, seg: Seg, films: Mapping[str, Mapping[Path, Whose]]) -> str:
    """Why nothing of a SEG is taken: it is another patient's than a film that it labels. "" where it is not."""
    for instance in sorted(seg.instances & films.keys()):
        for film, whose in films[instance].items():
            if what := seg.whose.differs(whose):
                return OTHERS.format(film.relative_to(folder), what)
    return ""


def _entry(name: str, film: Path, masks: "_Masks", owners: Owners) -> Entry | Refusal:
    try:
        person = owners.person(name, film)
    except UnreadableImage as error:
        return Refusal(name, error.detail)
    load, sha256 = load_file(film), file_sha256(film)
    remarks = [person.remark, BY_MACHINE.format(", ".join(masks.unknown)) if masks.unknown else None]
    person = replace(person, remark="; ".join(filter(None, remarks)) or None)
    told = Entry(name, None, sha256, load, masks, classes=masks.classes, marked=masks.marked)
    return replace(told, **asdict(person))


class _Masks:
    """The masks of one film, decoded when asked. ``unknown``: findings of which a machine alone drew some segment."""

    def __init__(self, instance: str, segs: list[Seg], meant: dict[str, str]) -> None:
        self._instance, self._segs = instance, segs
        self.unknown = sorted({meant[label] for seg in segs for label in seg.by_machine & meant.keys()})
        self._meant = {label: finding for label, finding in meant.items() if finding not in self.unknown}

    @property
    def classes(self) -> tuple[str, ...]:
        """What the SEGs label."""
        return tuple(sorted({label for seg in self._segs for label in seg.labels.values()}))

    def marked(self) -> set[str]:
        """The findings that the SEGs have frames of, drawn by somebody."""
        drawn = (label for seg in self._segs for label in drawn_segments(read_bytes(seg.file), self._instance))
        return {self._meant[label] for label in drawn if label in self._meant}

    def __call__(self, film: Film) -> Masks:
        masks: dict[str, Pixels] = {}
        for seg in self._segs:
            for finding, mask in self._of(seg, film).items():
                if finding in masks and (masks[finding] != mask).any():
                    raise InvalidMask(f"two SEGs of it draw {finding} otherwise: take away the wrong one")
                masks[finding] = mask
        return masks

    def _of(self, seg: Seg, film: Film) -> Masks:
        """What one SEG says: several segments of one finding add up."""
        if not any(label in self._meant for label in seg.labels.values()):
            return {}
        try:
            planes = decode_segments(read_bytes(seg.file), self._instance)
        except UnreadableImage as error:
            raise InvalidMask(f"{seg.file.name}: {error.detail}") from None
        if planes.shape[1:] != film.pixels.shape:
            (height, width), (h, w) = planes.shape[1:], film.pixels.shape
            raise InvalidMask(f"{seg.file.name} is {width}×{height} px, its film {w}×{h}")
        masks: dict[str, Pixels] = {}
        for label, plane in zip(seg.labels.values(), planes, strict=True):
            if (finding := self._meant.get(label)) is not None:
                masks[finding] = masks.get(finding, np.zeros(plane.shape, bool)) | plane
        for finding, mask in masks.items():
            check_share(mask, f"{finding} in {seg.file.name}", INVERTED)
        return masks
