"""Which split a new patient goes to, and who is held out: by hashes, so that it is the same whenever a film comes, but
for a near twin of a film that is here; and by what the whole source declares."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial

from overread.db.tables import Project, Source
from overread.domain.errors import InvalidInput
from overread.domain.json_value import JsonValue
from overread.domain.sampling.strata import shared_out, split_at
from overread.domain.words import Split
from overread.services.films.twins import Twin

SPLITS: Mapping[str, tuple[Split, ...]] = {
    "labelled": ("train", "development", "external"),
    "external": ("external",),
    "pool": ("pool",),
}
DEFAULT_SHARES = {"train": 0.8, "development": 0.2}
Drawn = Mapping[str, str]  # by patient, the split that a source's declarations give


def side_of(
    project: Project, source: Source, drawn: Drawn, key: str, alike: Sequence[Twin], given: Split | None
) -> tuple[str, bool]:
    """The split a new patient goes to, and whether it is held out: the ``given`` one; else where the most alike of the
    films that are here and show the same lies, of those in a split that the source may fill; else as it is ``drawn``,
    by findings or by its own hash."""
    if given is not None:
        return given, False
    filled = {name for name, share in shares_of(source.options).items() if share > 0}
    for twin in alike:
        if twin.split in SPLITS[source.role] and (source.role != "labelled" or twin.split in filled):
            return twin.split, twin.held
    split = drawn.get(key) or split_of(source, source.namespace, key)
    return split, split == "pool" and is_held(project, source.namespace, key)


def split_of(source: Source, namespace: str, key: str) -> str:
    """The split a new patient goes to where nothing is declared: by role, and within a labelled source by the hash of
    the patient's key and of the source's ``split_seed``."""
    if source.role != "labelled":
        return SPLITS[source.role][0]
    return split_at(_number(source, namespace, key), shares_of(source.options))


def is_drawn_by_finding(source: Source) -> bool:
    """Whether its patients are drawn into several splits by what it declares, which a phantom never does: it may have
    millions of films."""
    several = sum(share > 0 for share in shares_of(source.options).values()) > 1
    return source.role == "labelled" and source.reader != "phantom" and several


def splits_by_finding(source: Source, declared: Mapping[str, frozenset[str]]) -> Drawn:
    """The split of each patient of a labelled source, by the findings that all of its entries declare of each; of none
    where they declare nothing: those go by ``split_of``."""
    if not any(declared.values()):
        return {}
    own = f"{seed_of(source.options)}/{source.namespace}"
    number = partial(_number, source, source.namespace)
    return shared_out(declared, shares_of(source.options), number, lambda split: _draw(f"start {split} {own}"))


def is_held(project: Project, namespace: str, key: str) -> bool:
    """Whether a pool's patient is held out from the start: by the hash of the project's seed and the patient's key, so
    that it is the same whenever the film comes."""
    return _draw(f"holdout {project.seed}/{namespace}/{key}") < project.holdout


def _number(source: Source, namespace: str, key: str) -> float:
    """The random number of a labelled source's patient, in [0, 1)."""
    seed = seed_of(source.options)
    return _draw(f"split {seed}/{namespace}/{key}" if seed else f"{namespace}/{key}")


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
