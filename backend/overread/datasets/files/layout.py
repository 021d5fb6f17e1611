"""Which files of a folder are films, which are masks, and whose mask each is.

A mask is told by its name (``x__nodule.png``, ``x_mask.png``) or by the folder that it lies in (see also
``finding_folders``). It labels the film of its stem that lies nearest: in the folder beside its own, then below that,
then anywhere, where only one can be meant.
What labels no film for certain is refused, and leaves open which film has what it shows.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from overread.datasets.files.files import files_below, nfc, stem_of
from overread.datasets.files.finding_folders import masks_by_folder
from overread.datasets.files.names import FindingOf, naming
from overread.datasets.reading import Refusal

_WORD = re.compile(r"(?:^|[-_. ])masks?(?=$|[-_. ])", re.IGNORECASE)
# What else folders of masks are called; a film's own name may well have these words.
_FOLDER = re.compile(r"(?:^|[-_. ])(?:masks?|segmentations?|annotations?|labels?)(?=$|[-_. ])", re.IGNORECASE)
TAKEN = "its mask names no finding and is taken for {}, this project's only one"


@dataclass(frozen=True)
class MaskFile:
    """A mask: the stem of its film, its finding ("" where its name says none), and the folder that its film should lie
    in, or below."""

    file: Path
    stem: str
    finding: str
    home: Path


@dataclass
class Layout:
    """The films of a folder; the mask files of each, by finding; those whose masks name no finding, and were taken for
    the only one; those whose masks might be another's; findings of which a mask labels no film that is known; what is
    not read; and tables and notes."""

    films: list[Path] = field(default_factory=list)
    masks: dict[Path, dict[str, Path]] = field(default_factory=lambda: defaultdict(dict))
    taken: set[Path] = field(default_factory=set)
    unclear: set[Path] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    refusals: list[Refusal] = field(default_factory=list)
    beside: list[Path] = field(default_factory=list)


def read_layout(folder: Path, masks: str, findings: list[str]) -> Layout:
    """Sort the files below the folder; ``masks`` is the name of folders of masks."""
    below = files_below(folder)
    places = {file: _masks_folder(file.relative_to(folder), masks) for file in below.files}
    stems = {stem_of(file) for file in below.files if places[file] is None}
    layout = Layout(refusals=below.refusals, beside=below.beside)
    if below.failed or any(_is_hidden_mask(refusal.file_name, masks) for refusal in below.refusals):
        layout.open.update(findings)
    finding_of = naming(findings, {})
    found: list[MaskFile] = []
    for file, place in places.items():
        mask = _mask_of(file, folder, place, finding_of, stems)
        if mask is None:
            layout.films.append(file)
        elif reason := _refuse(mask, folder, place, masks, findings):
            layout.open.update([mask.finding] if mask.finding in findings else findings)
            layout.refusals.append(Refusal(str(file.relative_to(folder)), reason))
        else:
            found.append(mask)
    found += _sort_by_folder(layout, folder, findings)
    _pair(layout, folder, found, findings)
    return layout


def _sort_by_folder(layout: Layout, folder: Path, findings: list[str]) -> list[MaskFile]:
    """Take out of the films what lies in a folder called like a finding: masks, and what may be either."""
    by_folder, doubtful = masks_by_folder(layout.films, folder, findings)
    layout.films = [file for file in layout.films if file not in by_folder and file not in doubtful]
    for file, finding in doubtful.items():
        name = str(file.relative_to(folder))
        reason = f"it may be a mask of {finding} or a film: call a mask x__{finding}.png, after its film x, and a film "
        layout.open.add(finding)
        layout.refusals.append(Refusal(name, f"{reason}as no other film is called"))
    return [MaskFile(file, stem_of(file), finding, file.parent.parent) for file, finding in by_folder.items()]


def _is_hidden_mask(name: str, masks: str) -> bool:
    """Whether what is not read is called like a mask, or like a folder of them."""
    own = Path(name).name
    # What a Mac leaves beside each file (._x__nodule.png) is no mask that anybody hid.
    return not own.startswith("._") and ("__" in own or _masks_folder(Path(own.lstrip("."), "x"), masks) is not None)


def _masks_folder(name: Path, masks: str) -> int | None:
    """How deep the folder of masks lies that this file lies in, by what it is called; None for a file in none."""
    folders = name.parts[:-1]
    named = [depth for depth, part in enumerate(folders) if _is(part, masks)]
    # "ManualMask", "infection masks": not what we look for, and no folder of films either.
    alike = (depth for depth, part in enumerate(folders) if _FOLDER.search(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", part)))
    return named[-1] if named else next(alike, None)


def _is(part: str, masks: str) -> bool:
    return nfc(part).casefold() == nfc(masks).casefold()


def _mask_of(file: Path, folder: Path, place: int | None, finding_of: FindingOf, stems: set[str]) -> MaskFile | None:
    """What the file labels by its name and place, or None for a film."""
    name = file.relative_to(folder)
    home = folder.joinpath(*name.parts[: len(name.parts) - 1 if place is None else place])
    whole = stem_of(file)
    bare = _WORD.sub("", whole)
    says_mask = bare != whole
    bare = bare.lstrip("-_. ") if says_mask else bare
    stem, mark, finding = bare.rpartition("__")
    if mark and (known := finding_of(finding)):
        return MaskFile(file, stem, known, home)
    if mark and (stem in stems if place is None and not says_mask else bare not in stems):
        return MaskFile(file, stem, finding, home)
    return MaskFile(file, bare, "", home) if place is not None or says_mask else None


def _refuse(mask: MaskFile, folder: Path, place: int | None, masks: str, findings: list[str]) -> str | None:
    """Why this mask labels nothing, or None."""
    if mask.finding in findings:
        return None
    parts = mask.file.relative_to(folder).parts
    if place is not None and not _is(parts[place], masks):
        option = f'--options \'{{"masks": "{parts[place]}"}}\''
        return f"it lies in {parts[place]}: if these are the masks, say so ({option}), if not, take them out"
    if mask.finding:  # an unknown one, which its film's line tells
        return None
    name = f"it names no finding: call it {mask.stem or 'x'}__{findings[0]}.png, after its film and its finding"
    if len(findings) > 1:
        return f"{name}, or import it into a project of one finding"
    # A folder within the folder of masks may say of what they are: lungs, for example.
    return name if place is not None and place < len(parts) - 2 else None


def _pair(layout: Layout, folder: Path, found: Iterable[MaskFile], findings: list[str]) -> None:
    """Give each mask to the one film that it can be of: it must never go to another patient's."""
    called: dict[str, list[Path]] = defaultdict(list)
    for film in layout.films:
        called[stem_of(film)].append(film)
    homes: dict[Path, set[Path]] = defaultdict(set)
    given: dict[tuple[Path, str], list[MaskFile]] = defaultdict(list)
    for mask in found:
        near = _nearest(called[mask.stem], mask.home, layout.films)
        if not near:
            _leave_open(layout, folder, mask, findings, f"labels the image {mask.stem}, which is missing")
        for film in near:
            homes[film].add(mask.home)
            given[film, mask.finding or findings[0]].append(mask)
        layout.unclear.update(near if len(near) > 1 else ())
    layout.unclear.update(film for film, places in homes.items() if len(places) > 1)
    for (film, finding), several in given.items():
        if len(several) > 1:
            for mask in several:
                _leave_open(layout, folder, mask, findings, f"one of {len(several)} {finding} masks of {mask.stem}")
            continue
        layout.masks[film][finding] = several[0].file
        layout.taken.update(() if several[0].finding else [film])


def _nearest(called: list[Path], home: Path, films: list[Path]) -> list[Path]:
    """Of the films that are called so, those that the mask can be of. Where other films lie in its place, its own is
    missing: another folder's film of that name may be another patient's."""
    beside = [film for film in called if film.parent == home]
    below = [film for film in called if home in film.parents]
    return beside or below or (called if not any(home in film.parents for film in films) else [])


def _leave_open(layout: Layout, folder: Path, mask: MaskFile, findings: list[str], reason: str) -> None:
    """Refuse a mask, and keep in mind that some film has what it shows."""
    finding = mask.finding or findings[0]
    layout.open.update([finding] if finding in findings else findings)
    layout.refusals.append(Refusal(str(mask.file.relative_to(folder)), reason))
