"""How far the share of right labels may have fallen from one iteration to the next, and how many patients show it.

The change of a unit is −1 (right before, wrong now), 0 or +1; that of a patient is the mean over the patient's units,
so each patient counts once and what a patient's units have in common needs no assumption. The bound asks one thing of
the patients: that they are independent draws, which the lot that held them out made them.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
STAKES = np.arange(1, 11) / 10  # shares of the capital that one patient may lose, each with the same weight
FLIPS = 0.05  # labels that change each way, right to wrong and wrong to right, where nothing became better or worse
CHANCE = 0.5  # a margin counts as one that so many patients can show when an unchanged network shows it this often
SURE = 0.9  # chance at which a number of further patients is named
FURTHER, FUTURES = 1000, 200  # further patients that are looked ahead at most; futures that are tried
PRIOR = 20.0  # patients that the changes are thought to rest on before anybody is read
MOST = 1_000_000  # patients; a margin that takes more is not worth planning for


def patient_changes(before: NDArray[np.bool_], after: NDArray[np.bool_], patient: NDArray[np.int64]) -> Floats:
    """Each patient's mean change in −1 … 1; (n,) in: whether each unit's label was right before, and is right after."""
    _, index = np.unique(patient, return_inverse=True)
    change = after.astype(np.float64) - before.astype(np.float64)
    return np.bincount(index, change) / np.bincount(index) if len(index) else np.zeros(0)


def change_bound(change: Floats, delta: float) -> float:
    """The lower bound of the mean change, one-sided at 1 − δ, from patients' changes in −1 … 1; −1 without any.

    A bet against "the mean is at most μ" (Waudby-Smith & Ramdas, "Estimating means of bounded random variables by
    betting", JRSS-B 86, 2024): with x = (1 + change)/2 and ξ = (1 + μ)/2, a gambler who stakes the share c of his
    capital on each patient holds Π (1 − c + c·x/ξ), of expectation at most 1 there, and so does the mean over STAKES.
    By Markov's inequality it reaches 1/δ with probability at most δ: exact for any number of patients, for changes of
    any distribution, in any order. The bound is the largest μ that is refuted.
    """
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _log_capital((1 + change) / 2, middle) >= -np.log(delta) else (low, middle)
    return 2 * low - 1


def margin_shown(units: int, discordance: float, delta: float) -> float:
    """The smallest margin that so many independent units (patients) show with CHANCE or more when nothing has changed:
    the share ``discordance`` of labels flips each way. 1 where they show none."""
    low, high = 0.0, 1.0
    if not units or chance_shown(units, 1.0 - 1e-9, discordance, delta) < CHANCE:
        return 1.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (low, middle) if chance_shown(units, middle, discordance, delta) >= CHANCE else (middle, high)
    return high


def units_needed(margin: float, discordance: float, delta: float) -> int | None:
    """So many independent units (patients) show this margin by the rule of ``margin_shown``, and hardly fewer do
    (counts are whole, so the chance goes up in teeth); None beyond MOST."""
    high = 1
    while chance_shown(high, margin, discordance, delta) < CHANCE:
        high *= 2
        if high > MOST:
            return None
    low = high // 2  # too few
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if chance_shown(middle, margin, discordance, delta) >= CHANCE else (middle, high)
    return high


def further_patients(change: Floats, margin: float, delta: float) -> int | None:
    """So many more patients put the bound above −margin with a chance of SURE, if they change as those so far did, (n,)
    (a Dirichlet posterior over the changes seen, from PRIOR patients of whom FLIPS change each way); None where no
    number up to FURTHER will do."""
    if margin >= 1:  # no change can be so large
        return 1
    rng, xi = np.random.default_rng(0), (1 - margin) / 2
    values, place = np.unique(np.concatenate([[-1.0, 0.0, 1.0], change]), return_inverse=True)
    weight = np.bincount(place[3:], minlength=len(values)).astype(np.float64)
    weight[place[:3]] += PRIOR * np.array([FLIPS, 1 - 2 * FLIPS, FLIPS])
    with np.errstate(divide="ignore"):  # a stake of everything, lost
        gain = np.log(1 - STAKES[:, None] + STAKES[:, None] * (1 + values) / (2 * xi))
    held, shown = gain[:, place[3:]].sum(axis=1), np.zeros(FURTHER)
    for share in rng.dirichlet(weight, FUTURES):
        capital = held[:, None] + gain[:, rng.choice(len(values), FURTHER, p=share)].cumsum(axis=1)
        shown += np.logaddexp.reduce(capital, axis=0) - np.log(len(STAKES)) >= -np.log(delta)
    enough = np.flatnonzero(shown >= SURE * FUTURES)
    return int(enough[0]) + 1 if len(enough) else None


def chance_shown(units: int, margin: float, discordance: float, delta: float) -> float:
    """The probability that ``change_bound`` lies above −margin, when each of the units flips to wrong and to right with
    the probability ``discordance``."""
    if not 0 < margin < 1:
        return float(margin >= 1)
    share = min(2 * discordance, 1.0)
    mean, reach = units * share, 6 * np.sqrt(units * share) + 6
    total = np.arange(max(0, int(mean - reach)), min(units, int(mean + reach)) + 1)
    weight = special.bdtr(total, units, share) - np.where(total, special.bdtr(total - 1, units, share), 0.0)
    # The capital falls as more of the flips are for the worse: of each number of flips, how many may be.
    worse, above = np.zeros_like(total), total + 1
    while (worse < above).any():
        middle = (worse + above) // 2
        shown = _log_capital_of(units, total - middle, middle, (1 - margin) / 2) >= -np.log(delta)
        shown &= middle <= total
        worse, above = np.where(shown & (worse < above), middle + 1, worse), np.where(shown, above, middle)
    return float(weight @ np.where(worse, special.bdtr(worse - 1, total, 0.5), 0.0))


def _log_capital(x: Floats, xi: float) -> float:
    """The logarithm of what the mean of all gamblers holds against "the mean of x in [0, 1] is at most ξ > 0"."""
    with np.errstate(divide="ignore"):
        held = np.log(1 - STAKES[:, None] + STAKES[:, None] * x / xi).sum(axis=1)
    return float(np.logaddexp.reduce(held) - np.log(len(STAKES)))


def _log_capital_of(units: int, better: NDArray[np.int64], worse: NDArray[np.int64], xi: float) -> Floats:
    """The same for patients of one unit each, so many of which became better and worse, (k,)."""
    stakes = STAKES[:, None]
    same = np.maximum(units - better - worse, 0)
    held = special.xlogy(same, 1 - stakes + stakes / (2 * xi))
    held = held + special.xlogy(better, 1 - stakes + stakes / xi) + special.xlog1py(worse, -stakes)
    return np.asarray(np.logaddexp.reduce(held, axis=0) - np.log(len(STAKES)))
