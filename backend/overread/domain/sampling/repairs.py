"""What FIX reads: the labels that are likeliest wrong and would teach most, or the rest of films that are looked at."""

import numpy as np

from overread.domain.sampling.orders import Bools, Floats, Ints, film_numbers, highest

POSITIVE, UNCERTAIN = 0, 2  # decisions: 0 positive, 1 negative, 2 uncertain


def fix_priority(risk: Floats, weight: Floats, finding: Ints, decision: Ints) -> Floats:
    """What FIX reads first, (N,): training weight × predicted badness × rarity of the finding.

    An uncertain label is not trained on until it is read, so it counts as if it had full weight. Rarity is
    1/√(share of positives), the rarest finding's being 1.
    """
    units = np.maximum(np.bincount(finding), 1) if len(finding) else np.ones(1)
    positive = np.bincount(finding[decision == POSITIVE], minlength=len(units))
    rarity = 1 / np.sqrt((positive + 1) / (units + 1))
    return np.asarray(risk * np.where(decision == UNCERTAIN, 1.0, weight) * rarity[finding] / rarity.max())


def rest_of_films(film: Ints, seen: Ints, able: Bools, wanted: int, seed: int) -> Ints:
    """Rows of ``able`` units, (N,), on films that are ``seen`` anyway; where they are more than ``wanted``, those of
    the films that come first in the order drawn by ``seed``. A look at a film takes most of a read's time, a further
    finding on it little."""
    rows = np.flatnonzero(able & np.isin(film, seen))
    return highest(rows, -film_numbers(film, seed), wanted)
