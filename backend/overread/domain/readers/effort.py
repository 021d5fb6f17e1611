"""What a read costs its reader: which kind of work it was, and the seconds that such work takes.

The seconds here are modelled, not of people: the gestures that a scripted reader needs in the reading room
(``python -m benchmarks.reading --only effort``; docs/reading.md), each at its keystroke-level time (KLM), after the
look at a film that radiologists' daily reading takes. A project that has reads has its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from overread.domain.words import Verdict, Work

# Card, Moran & Newell (1980), CACM 23(7), 396-410, the KLM's seconds: a key or button of somebody who is no
# typist (40 words a minute); the pointer brought to a place; a decision; drawing, per straight stretch and per cm.
KEY, POINT, DECIDE = 0.28, 1.1, 1.35
STRETCH, CENTIMETRE = 0.9, 0.16

# From a film's opening to what is said of it, means of 18,680 chest films in daily reading, with a machine's marks and
# without (Shin et al., 2023, doi:10.1038/s41746-023-00829-4). They hold the report, which no read has: an upper limit.
LOOK, LOOK_BLIND = 13.3, 14.8

# What the hand does before the mask is right, means over the phantoms' masks (docs/reading.md, Effort): 2026-11-29.
HAND: Mapping[Work, float] = {
    "accept": 0.0,
    "slider": 3.94,
    "adopt": 1.91,
    "redraw": 7.80,
    "draw": 9.43,
    "reject": 1.63,
    "cannot_tell": 1.63,
}
SAVE = DECIDE + KEY  # that it is right, and A

# The whole seconds of what took longer on films of people, whose masks are ragged: for ``own`` of ``seconds_of``.
ON_PEOPLE: Mapping[Work, float] = {"redraw": LOOK + 24.12 + SAVE, "draw": LOOK_BLIND + 21.86 + SAVE}

ENOUGH = 10  # reads of a kind from which a project's own median stands for them


@dataclass(frozen=True)
class Gestures:
    """What a hand did: choices made, presses of keys and buttons, places the pointer was brought to, straight stretches
    drawn and their length in cm."""

    decisions: int
    presses: int
    points: int
    stretches: int
    centimetres: float

    @property
    def seconds(self) -> float:
        """T = M + K + P + D (Card, Moran & Newell, 1980); the hands stay where they are, one at the keys."""
        drawing = STRETCH * self.stretches + CENTIMETRE * self.centimetres
        return DECIDE * self.decisions + KEY * self.presses + POINT * self.points + drawing


def work_of(
    verdict: Verdict, from_nothing: bool, taken: Work | None = None, touched_up: bool | None = False
) -> Work | None:
    """Which kind of work a verdict was. ``from_nothing``: no mask stood there; ``taken``: slider or adopt, where the
    mask came of one; ``touched_up``: and was drawn on since. None where that is not known."""
    if verdict != "fix":
        return verdict
    if taken is None:
        return "draw" if from_nothing else "redraw"
    if touched_up is None:
        return None
    return "redraw" if touched_up else taken


def seconds_of(kind: Work, own: Mapping[Work, float] | None = None) -> float:
    """Seconds that a read of this kind takes, the look at its film included: a project's ``own`` where it has one."""
    if own is not None and kind in own:
        return own[kind]
    return _look(kind) + HAND[kind] + SAVE


def seconds_of_film(kinds: Sequence[Work], *, blind: bool) -> float:
    """Seconds of a film that is looked at once, and of whose findings each was this kind of work.

    ``blind``: no machine's mask was shown, so that it was looked at longer even where nothing was drawn.
    """
    if not kinds:
        return 0.0
    look = LOOK_BLIND if blind else max(map(_look, kinds))
    return look + sum(HAND[kind] + SAVE for kind in kinds)


def share_out(seconds: float, kinds: Sequence[Work | None]) -> list[float]:
    """What each of a film's reads took of the time of all, in proportion to the modelled seconds of their kinds; a
    kind that is not known, to the mean of all."""
    usual = fmean(seconds_of(kind) for kind in HAND)
    parts = [usual if kind is None else seconds_of(kind) for kind in kinds]
    return [seconds * part / sum(parts) for part in parts]


def own_seconds(reads: Iterable[tuple[Work, float]], enough: int = ENOUGH) -> dict[Work, float]:
    """The median seconds of each kind of work of which there are enough reads; reads of 0 seconds told no time."""
    found: dict[Work, list[float]] = {}
    for kind, seconds in reads:
        if seconds > 0:
            found.setdefault(kind, []).append(seconds)
    return {kind: median(times) for kind, times in found.items() if len(times) >= enough}


def pace_of(films: Iterable[tuple[float, float | None]]) -> float:
    """Seconds that films took ÷ the modelled ones, of (took, modelled) a film; films that told no time, and
    those whose kinds of work nobody told (None), are left out. 1 where none is left."""
    told = [(took, modelled) for took, modelled in films if took > 0 and modelled]
    return sum(took for took, _ in told) / sum(modelled for _, modelled in told) if told else 1.0


def _look(kind: Work) -> float:
    return LOOK_BLIND if kind == "draw" else LOOK
