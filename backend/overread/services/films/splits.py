"""Which split a new patient goes to, and who is held out: by hashes, so that it is the same whenever a film comes, but
for a near twin of a film that is here."""

import hashlib
from collections.abc import Mapping, Sequence

from overread.db.tables import Project, Source
from overread.domain.errors import InvalidInput
from overread.domain.json_value import JsonValue
from overread.domain.words import Split
from overread.services.films.twins import Twin

SPLITS: Mapping[str, tuple[Split, ...]] = {
    "labelled": ("train", "development", "external"),
    "external": ("external",),
    "pool": ("pool",),
}
DEFAULT_SHARES = {"train": 0.8, "development": 0.2}


def side_of(project: Project, source: Source, key: str, alike: Sequence[Twin], given: Split | None) -> tuple[str, bool]:
    """The split a new patient goes to, and whether it is held out: the ``given`` one; else where the most alike of the
    films that are here and show the same lies, of those in a split that the source may fill; else as it is drawn."""
    if given is not None:
        return given, False
    filled = {name for name, share in shares_of(source.options).items() if share > 0}
    for twin in alike:
        if twin.split in SPLITS[source.role] and (source.role != "labelled" or twin.split in filled):
            return twin.split, twin.held
    split = split_of(source, source.namespace, key)
    return split, split == "pool" and is_held(project, source.namespace, key)


def split_of(source: Source, namespace: str, key: str) -> str:
    """The split a new patient goes to: by role, and within a labelled source by the hash of the patient's key and
    of the source's ``split_seed``."""
    if source.role != "labelled":
        return SPLITS[source.role][0]
    seed = seed_of(source.options)
    draw = _draw(f"split {seed}/{namespace}/{key}" if seed else f"{namespace}/{key}")
    for split, share in shares_of(source.options).items():
        draw -= share
        if draw < 0:
            return split
    return "train"


def is_held(project: Project, namespace: str, key: str) -> bool:
    """Whether a pool's patient is held out from the start: by the hash of the project's seed and the patient's key, so
    that it is the same whenever the film comes."""
    return _draw(f"holdout {project.seed}/{namespace}/{key}") < project.holdout


def _draw(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64


def seed_of(options: Mapping[str, JsonValue]) -> int:
    """By what a labelled source's patients are drawn anew, 0 where nothing is said. Raises InvalidInput."""
    seed = options.get("split_seed", 0)
    if type(seed) is not int or not 0 <= seed < 2**63:
        raise InvalidInput("split_seed is a whole number from 0 on: another one draws the patients' splits anew.")
    return seed


def shares_of(options: Mapping[str, JsonValue]) -> dict[str, float]:
    """How a labelled source's patients are shared out among its splits. Raises InvalidInput unless the shares name such
    splits and add up to 1."""
    given = options.get("shares", DEFAULT_SHARES)
    named = given if isinstance(given, Mapping) else {}
    shares = {
        name: share for name, share in named.items() if isinstance(share, int | float) and not isinstance(share, bool)
    }
    if (
        len(shares) < len(named)
        or set(shares) - set(SPLITS["labelled"])
        or abs(sum(shares.values()) - 1) > 1e-6
        or min(shares.values(), default=-1) < 0
    ):
        raise InvalidInput("shares must give train, development and external parts that add up to 1.")
    return shares
