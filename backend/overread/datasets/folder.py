"""A folder of images, with masks named ``<stem>__<finding>.png`` beside them or in ``masks/``, or with none."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from overread.datasets.files import BESIDE, file_sha256, load_file, load_mask, parse_age, read_table
from overread.datasets.reading import Entry, Film, Masks, Refusal, need_folder
from overread.domain.errors import InvalidInput, InvalidMask

SUFFIXES = {".png", ".jpg", ".jpeg", ".dcm", ".dicom"}
# Mask files by finding, of the images that lie in one folder under one stem.
MaskFiles = dict[tuple[Path, str], dict[str, Path]]


def read_folder(
    path: Path | None,
    findings: list[str],
    *,
    masks: str = "masks",
    patients: str = "patients.csv",
    empty_means: str = "",
) -> Iterator[Entry | Refusal]:
    """Images below the folder. ``patients``: a CSV with file, patient_id[, sex, age, view]; a film not named there is
    of nobody known, and so is every film without it: names tell too little. ``empty_means``: what an image without a
    mask of a finding says, "no_lesion" (the default once there are masks) or "unknown" (when there are none)."""
    folder = need_folder(path)
    if empty_means not in ("", "no_lesion", "unknown"):
        raise InvalidInput("empty_means is no_lesion or unknown.")
    people = _people(folder / patients) if (folder / patients).exists() else {}
    images, drawn, doubled = _sort(folder, masks, findings)
    default = empty_means or ("no_lesion" if drawn else "unknown")
    unclear, strays = _settle(folder, images, drawn)
    yield from doubled + strays
    yield from _absent(patients, people, {name for f in images for name in (str(f.relative_to(folder)), f.name)})
    for file in images:
        name = str(file.relative_to(folder))
        if file.suffix.lower() not in SUFFIXES:
            yield Refusal(name, f"{file.suffix or 'a file without an ending'} is not read; PNG, JPEG and DICOM are")
            continue
        if file in unclear:
            yield Refusal(name, f"several images are called {file.stem}: keep each one's masks in its own folder")
            continue
        person = people.get(name, people.get(file.name, {}))
        yield Entry(
            name,
            person.get("patient_id") or None,
            file_sha256(file),
            load_file(file),
            _Masks(drawn.get((file.parent, file.stem), {}), findings, default),
            person.get("view") or None,
            person.get("sex") or None,
            parse_age(person.get("age", "")),
        )


def _sort(folder: Path, masks: str, findings: list[str]) -> tuple[list[Path], MaskFiles, list[Refusal]]:
    """The images; the masks by where their image should lie; and a refusal for a second mask of one finding.

    A name with two underscores is a mask's when it lies among masks, names a finding, or an image has its stem.
    """
    files = sorted(f for f in folder.rglob("*") if not f.is_dir() and f.suffix.lower() not in BESIDE)
    stems = {(file.parent, file.stem) for file in files}
    images: list[Path] = []
    drawn: MaskFiles = {}
    doubled: list[Refusal] = []
    for file in files:
        stem, mark, finding = file.stem.partition("__")
        among = file.parent.name == masks and file.parent != folder
        if not mark or not (among or finding in findings or (file.parent, stem) in stems):
            images.append(file)
            continue
        own = drawn.setdefault((file.parent.parent if among else file.parent, stem), {})
        if finding in own:
            doubled.append(Refusal(str(file.relative_to(folder)), f"a second {finding} mask of {stem}"))
        own.setdefault(finding, file)
    return images, drawn, doubled


def _settle(folder: Path, images: list[Path], drawn: MaskFiles) -> tuple[set[Path], list[Refusal]]:
    """Give masks that lie apart to the one image of their stem. Returns the images whose masks might be another's, and
    a refusal for each mask whose image is missing: a mask must never go to another patient's film."""
    places = {(image.parent, image.stem) for image in images}
    named: dict[str, list[Path]] = defaultdict(list)
    for image in images:
        if (image.parent, image.stem) not in drawn:
            named[image.stem].append(image)
    apart = Counter(stem for home, stem in drawn if (home, stem) not in places)
    unclear: set[Path] = set()
    strays: list[Refusal] = []
    for home, stem in [key for key in drawn if key not in places]:
        files, wanting = drawn.pop((home, stem)), named[stem]
        if len(wanting) == 1 and apart[stem] == 1:
            drawn[wanting[0].parent, stem] = files
        elif wanting:
            unclear.update(wanting)
        else:
            names = [str(file.relative_to(folder)) for file in files.values()]
            strays += [Refusal(name, f"labels the image {stem}, which is missing") for name in names]
    return unclear, strays


class _Masks:
    """The masks of one image, read when asked."""

    def __init__(self, files: dict[str, Path], findings: list[str], default: str) -> None:
        self._files, self._findings, self._default = files, findings, default

    def __call__(self, film: Film) -> Masks:
        for finding in self._files:
            if finding not in self._findings:
                raise InvalidMask(f"mask for unknown finding {finding!r}; this project has {', '.join(self._findings)}")
        masks = {finding: load_mask(file, film) for finding, file in self._files.items()}
        if self._default == "no_lesion":
            empty = film.pixels != film.pixels
            masks = {finding: masks.get(finding, empty) for finding in self._findings}
        return masks


def _people(path: Path) -> dict[str, dict[str, str]]:
    """Rows of the patients' CSV by the file as it is named there, and by its base name where only one row has it."""
    header, *lines = read_table(path) or [[]]
    if not {"file", "patient_id"} <= set(header):
        raise InvalidInput(f"{path.name} needs the columns file and patient_id.")
    rows = [dict(zip(header, line, strict=False)) for line in lines if line]
    times = Counter(row["file"] for row in rows)
    if rows and max(times.values()) > 1:
        raise InvalidInput(f"{path.name} names {times.most_common(1)[0][0]!r} twice. Say once whose film it is.")
    names = Counter(Path(row["file"]).name for row in rows)
    by_name = {Path(row["file"]).name: row for row in rows if names[Path(row["file"]).name] == 1}
    return by_name | {row["file"]: row for row in rows}


def _absent(table: str, people: dict[str, dict[str, str]], names: set[str]) -> Iterator[Refusal]:
    """One refusal for all rows without a film: a name that is spelled wrong would leave its film to another patient."""
    rows = {person["file"] for person in people.values()}
    absent = sorted(rows - {people[name]["file"] for name in names & people.keys()})
    if absent:
        yield Refusal(table, f"{len(absent)} of its rows name films that are missing, such as {absent[0]}")
