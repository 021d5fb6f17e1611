"""Which films' pseudo labels teach: by half of the pool, completeness, stability (definitions: sections 3 and 9)."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from overread.domain.errors import InvalidInput
from overread.domain.words import Half


@dataclass(frozen=True)
class PseudoFilm:
    """A film of a training set: the half its patient lies in, its known findings, those that a machine labelled, and
    the mean stability of these, None where nobody looked."""

    half: Half
    known: frozenset[str]
    machine: frozenset[str]
    stability: float | None


def pool_half(patient: str) -> Half:
    """The half of the pool a patient belongs to, for ever: by the hash of the key, so that a patient is never split."""
    return "a" if hashlib.sha256(f"half/{patient}".encode()).digest()[0] < 128 else "b"


def film_of(
    patient: str, known: Collection[str], machine: frozenset[str], stability: Mapping[str, float]
) -> PseudoFilm:
    """The film as the choice below sees it."""
    seen = [stability[finding] for finding in machine if finding in stability]
    return PseudoFilm(pool_half(patient), frozenset(known), machine, float(np.mean(seen)) if seen else None)


def keep_pseudo(
    films: Sequence[PseudoFilm], uncertain: Literal["mask", "drop"], reliable_share: float, half: str | None
) -> list[bool]:
    """For each film, whether its pseudo labels are let in; films without any are kept as they are.

    half: only this half teaches (cross-fitting). drop: a film is left out when a finding that is labelled elsewhere is
    uncertain on it (the study's stricter rule). reliable_share: this share of what is left, most stable first (ST++,
    Yang et al., 2022). Raises InvalidInput when stability is asked for and unknown.
    """
    taught = frozenset().union(*(film.machine for film in films))
    left = [
        bool(film.machine) and half in (None, film.half) and (uncertain == "mask" or taught <= film.known)
        for film in films
    ]
    if reliable_share < 1:
        left = _most_stable(films, left, reliable_share)
    return [keep or not film.machine for film, keep in zip(films, left, strict=True)]


def _most_stable(films: Sequence[PseudoFilm], left: list[bool], share: float) -> list[bool]:
    rows = [row for row, keep in enumerate(left) if keep]
    if any(films[row].stability is None for row in rows):
        raise InvalidInput(
            "reliable_share needs to know how stable pseudo labels are, and the last labelling kept no earlier "
            "checkpoints. Set labelling.stability in the teachers' recipes, or reliable_share to 1."
        )
    best = sorted(rows, key=lambda row: -(films[row].stability or 0.0))[: round(share * len(rows))]
    chosen = set(best)
    return [row in chosen for row in range(len(films))]
