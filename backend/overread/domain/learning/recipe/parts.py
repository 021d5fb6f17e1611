"""The tables of a recipe: each a frozen dataclass, each field with its sentence, each checked when it is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from overread.domain.errors import InvalidRecipe
from overread.domain.words import TEACHES, Teaches

Policy = Literal["none", "study", "paper"]
Onto = Literal["normal", "all"]
PoolMethod = Literal["none", "mean_teacher", "uda", "unimatch", "meta_pseudo_labels"]
Robust = Literal["none", "bootstrap", "generalised"]
StartMethod = Literal["none", "simclr", "moco"]


def says(sentence: str, default: Any) -> Any:
    """A field with its default and the sentence that ``overread recipes show`` prints above it."""
    return field(default=default, metadata={"says": sentence})


def check(well: bool, key: str, what: str) -> None:
    """Raise InvalidRecipe unless ``key`` is what it must be."""
    if not well:
        raise InvalidRecipe(f"{key} must be {what}.")


def one_of(value: str, kind: Any, key: str) -> None:
    """Raise InvalidRecipe unless ``value`` is one of a Literal's words."""
    check(value in get_args(kind), key, f"one of {', '.join(get_args(kind))}")


@dataclass(frozen=True)
class Augment:
    """What happens to a film on its way into a mini-batch (definitions: 0; RandAugment, Cubuk et al., 2020)."""

    policy: Policy = says("study: crop, flip, then n of its ten; paper: n of RandAugment's fourteen; none.", "study")
    operations: int = says("n: how many operations a film meets, drawn at random.", 2)
    magnitude: float = says("m: their strength, 0 to 9 (paper: to 10).", 5.0)

    def __post_init__(self) -> None:
        one_of(self.policy, Policy, "augment.policy")
        check(0 <= self.operations <= 14, "augment.operations", "from 0 to 14")
        most = 9 if self.policy == "study" else 10
        check(0 <= self.magnitude <= most, "augment.magnitude", f"from 0 to {most}")


@dataclass(frozen=True)
class CopyPaste:
    """Lesions of one training film pasted onto another (Simple Copy-Paste, Ghiasi et al., 2021)."""

    probability: float = says("Chance that a film receives lesions; 0 is off, the study tried .25, .5 and .75.", 0.0)
    pastes: int = says("Lesions pasted onto a film that receives any, at most.", 1)
    onto: Onto = says("Which films receive: normal (no known finding), or all.", "all")
    abnormal_probability: float = says("Chance that a normal film's donor is abnormal; else it stays as it is.", 0.5)
    jitter: float = says(
        "Large-scale jitter: a lesion is scaled by 1 − jitter to 1 + jitter; 0 pastes it as it is.", 0.0
    )
    blend: float = says("Width in pixels over which a pasted edge fades; 0 is a hard edge.", 0.0)

    def __post_init__(self) -> None:
        one_of(self.onto, Onto, "copy_paste.onto")
        for key in ("probability", "abnormal_probability"):
            check(0 <= getattr(self, key) <= 1, f"copy_paste.{key}", "from 0 to 1")
        check(1 <= self.pastes <= 16, "copy_paste.pastes", "from 1 to 16")
        check(0 <= self.jitter < 1 and 0 <= self.blend <= 32, "copy_paste.jitter and blend", "below 1, and 0 to 32")


@dataclass(frozen=True)
class Pool:
    """How a training uses unlabelled pool films directly, beside or without pseudo labels."""

    method: PoolMethod = says("none, mean_teacher, uda, unimatch, or meta_pseudo_labels.", "none")
    batch: int = says("Pool films in each mini-batch, on top of the labelled ones.", 8)
    weight: float = says("Weight of the pool's loss once it has ramped up.", 1.0)
    ramp: float = says("Share of the training over which that weight rises from 0.", 0.2)
    confidence: float = says("A pixel counts when its teacher says at least this, or at most one minus this.", 0.95)
    teacher_rate: float = says("Step size of the teacher that meta_pseudo_labels teaches as well.", 1e-4)
    finish: float = says("Share of the training, at its end, on labelled films alone (meta_pseudo_labels).", 0.0)

    def __post_init__(self) -> None:
        one_of(self.method, PoolMethod, "pool.method")
        check(self.batch >= 1 and self.weight >= 0, "pool.batch and weight", "1 or more, and ≥ 0")
        check(0 <= self.ramp <= 1 and 0 <= self.finish < 1, "pool.ramp and finish", "shares of the training")
        check(0.5 <= self.confidence < 1, "pool.confidence", "from .5 to below 1")
        check(0 < self.teacher_rate < 1, "pool.teacher_rate", "between 0 and 1")


@dataclass(frozen=True)
class Pseudo:
    """How pseudo labels enter a training (definitions: 3 and 9)."""

    truth_share: float = says("The least share of human truth in a mini-batch once there are pseudo labels.", 1 / 3)
    teaches: Teaches = says(
        "all: presence and contour. contour: a machine's positives teach where, people alone teach whether.", TEACHES
    )
    weight: float = says("Weight of a pseudo label's loss, times its own weight.", 1.0)
    robust: Robust = says(
        "Loss of pseudo labels: none (as truth), bootstrap (Reed, 2015), generalised (Zhang, 2018).", "none"
    )
    uncertain: Literal["mask", "drop"] = says(
        "An uncertain finding is masked out of the loss, or drops its film.", "mask"
    )
    reliable_share: float = says(
        "Share of the pool's films that teach, most stable over checkpoints first (ST++).", 1.0
    )
    cross_fit: bool = says(
        "Train two students, each on half the pool, and label a half by the other's (cross-fitting).", False
    )
    own_head: bool = says("Pseudo labels teach a head of their own that labelling drops (DST).", False)

    def __post_init__(self) -> None:
        check(1 / 3 - 1e-9 <= self.truth_share <= 1, "pseudo.truth_share", "at least a third, at most 1")
        check(0 <= self.weight <= 10, "pseudo.weight", "from 0 to 10")
        one_of(self.robust, Robust, "pseudo.robust")
        one_of(self.teaches, Teaches, "pseudo.teaches")
        check(self.uncertain in ("mask", "drop"), "pseudo.uncertain", "mask or drop")
        # A training set of contours holds no negative: on its films, what is uncertain cannot be told from what is not.
        told = self.uncertain == "mask" or self.teaches == "all"
        check(told, "pseudo.uncertain", 'mask where pseudo.teaches is "contour"')
        check(0 < self.reliable_share <= 1, "pseudo.reliable_share", "above 0, at most 1")


@dataclass(frozen=True)
class Labelling:
    """From the teachers' maps to pseudo labels (definitions: 2 and 3). The first recipe of an iteration decides."""

    ensemble: Literal["soft", "literal", "symmetric"] = says("How the teachers' maps become one.", "symmetric")
    temperature: bool = says("Calibrate each teacher by a temperature fitted on development films.", False)
    flip: bool = says("Also label the mirrored film and take the mean.", False)
    tau_pos: float | Mapping[str, float] = says(
        "Presence from which a finding is positive; one, or one a finding.", 0.85
    )
    tau_neg: float | Mapping[str, float] = says(
        "Presence up to which a finding is negative; one, or one a finding.", 0.01
    )
    tau_mask: float = says("Probability from which a pixel belongs to the mask: laxer than presence.", 0.5)
    stability: int = says("Earlier checkpoints of each teacher that label too, to see what is stable (ST++).", 0)
    min_area: int = says("Components under this many pixels of the size × size map are dropped.", 8)

    def __post_init__(self) -> None:
        check(self.ensemble in ("soft", "literal", "symmetric"), "ensemble", "one of soft, literal, symmetric")
        check(0 < self.tau_mask < 1 and self.min_area >= 0, "tau_mask and min_area", "between 0 and 1, and ≥ 0")
        check(0 <= self.stability <= 4, "labelling.stability", "from 0 to 4")
        for finding in {*_named(self.tau_pos), *_named(self.tau_neg), "any"}:
            low, high = self.thresholds(finding)
            check(0 <= low < high <= 1, "tau_neg and tau_pos", "in this order, between 0 and 1")

    def thresholds(self, finding: str) -> tuple[float, float]:
        """(tau_neg, tau_pos) of a finding; one that a mapping does not name is never decided."""
        return _threshold(self.tau_neg, finding, 0.0), _threshold(self.tau_pos, finding, 1.0)


@dataclass(frozen=True)
class Start:
    """Self-supervised start: an encoder taught on the pool alone, without a label."""

    method: StartMethod = says("none, simclr (Chen, 2020) or moco (He, 2020).", "none")
    epochs: int = says("Passes over the pool.", 50)
    batch: int = says("Films in a mini-batch, each seen twice.", 64)
    temperature: float = says("Temperature of the contrast.", 0.1)
    queue: int = says("Negatives that moco remembers, half the pool at most.", 4096)
    momentum: float = says("Decay of moco's key encoder.", 0.99)

    def __post_init__(self) -> None:
        one_of(self.method, StartMethod, "start.method")
        check(min(self.epochs, self.queue) >= 1 and self.batch >= 2, "start.epochs, queue and batch", "1, 1, 2 or more")
        check(self.temperature > 0 and 0 <= self.momentum < 1, "start.temperature and momentum", "above 0, below 1")


def _named(thresholds: float | Mapping[str, float]) -> list[str]:
    return list(thresholds) if isinstance(thresholds, Mapping) else []


def _threshold(thresholds: float | Mapping[str, float], finding: str, otherwise: float) -> float:
    return float(thresholds.get(finding, otherwise) if isinstance(thresholds, Mapping) else thresholds)
