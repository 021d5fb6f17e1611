"""A recipe: all settings of one training and of the labelling that follows. Known here so that the service can refuse
a bad one before a job exists, without torch."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args

from backend.domain.ensemble import Form
from backend.domain.errors import InvalidRecipe
from backend.domain.networks import parameter_count

FOLDER = Path(__file__).resolve().parents[1] / "recipes"
Thresholds = float | Mapping[str, float]


@dataclass(frozen=True)
class Recipe:
    """Frozen with the iteration that uses it. Every field is a key of a recipe file."""

    name: str
    # "small-unet", or any encoder of segmentation-models-pytorch for its U-Net ("efficientnet-b5").
    network: str
    # Channels of the small U-Net's first stage; the others ignore it.
    width: int = 16
    # "imagenet" (fetched from the hub), or "none" to start from noise.
    encoder_weights: str = "none"
    # Films and masks are resized to size × size pixels; a multiple of 32.
    size: int = 512
    # Passes over the human truth of the training set.
    epochs: int = 50
    # Images in a mini-batch.
    batch: int = 16
    # Adam's step size.
    learning_rate: float = 1e-4
    # Probability that a feature is dropped before each head.
    dropout: float = 0.25
    # Weight of the image-level loss, beside mask_weight (the study's 0.3 : 0.7).
    class_weight: float = 0.3
    # Weight of the pixel-level loss.
    mask_weight: float = 0.7
    # Augmentation strength: 0 for none, 1 for the study's default flips, crops, shifts and contrast.
    augmentation: float = 1.0
    # The least share of human truth in a mini-batch once there are pseudo labels.
    truth_share: float = 1 / 3
    # Arithmetic of training: "32-true", or "bf16-mixed" where the device has it.
    precision: str = "32-true"
    # How the teachers' maps become one: "soft", "literal" or "symmetric".
    ensemble: Form = "symmetric"
    # Presence at or above which a finding is labelled positive; one number, or one a finding.
    tau_pos: Thresholds = 0.85
    # Presence at or below which it is labelled negative.
    tau_neg: Thresholds = 0.01
    # Probability from which a pixel belongs to the mask: laxer than presence.
    tau_mask: float = 0.5
    # Components of a pseudo mask under this many pixels of the network's size × size map are dropped.
    min_area: int = 8
    # Seed of weights, order and augmentation; an iteration sets it for each of its runs.
    seed: int = 0
    # A student may have fewer parameters than its teacher only for a reason that is written here.
    smaller_student_because: str = ""

    def __post_init__(self) -> None:
        _check(self.size % 32 == 0 and 32 <= self.size <= 2048, "size", "a multiple of 32 from 32 to 2048")
        _check(self.epochs >= 1 and self.batch >= 1, "epochs and batch", "1 or more")
        _check(0 < self.learning_rate < 1, "learning_rate", "between 0 and 1")
        _check(0 <= self.dropout < 1, "dropout", "from 0 to below 1")
        _check(min(self.class_weight, self.mask_weight) >= 0 < self.class_weight + self.mask_weight, "weights", "≥ 0")
        _check(1 / 3 - 1e-9 <= self.truth_share <= 1, "truth_share", "at least a third, at most 1")
        _check(self.ensemble in get_args(Form), "ensemble", f"one of {', '.join(get_args(Form))}")
        _check(self.precision in ("32-true", "bf16-mixed", "16-mixed"), "precision", "32-true, bf16-mixed or 16-mixed")
        _check(self.encoder_weights in ("imagenet", "none"), "encoder_weights", "imagenet or none")
        _check(0 < self.tau_mask < 1 and self.min_area >= 0, "tau_mask and min_area", "between 0 and 1, and ≥ 0")
        _check(self.augmentation >= 0 and 4 <= self.width <= 256, "augmentation and width", "≥ 0, and from 4 to 256")
        for finding in {*_named(self.tau_pos), *_named(self.tau_neg), "any"}:
            low, high = self.thresholds(finding)
            _check(0 <= low < high <= 1, "tau_neg and tau_pos", "in this order, between 0 and 1")

    def thresholds(self, finding: str) -> tuple[float, float]:
        """(tau_neg, tau_pos) of a finding; one that a mapping does not name is never decided positive."""
        return _threshold(self.tau_neg, finding, 0.0), _threshold(self.tau_pos, finding, 1.0)


def from_mapping(mapping: Mapping[str, Any]) -> Recipe:
    """A recipe from plain values; raises InvalidRecipe for an unknown key or an impossible value."""
    known = {field.name: field for field in fields(Recipe)}
    for key in mapping:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            raise InvalidRecipe(f"{key!r} is no setting of a recipe." + (f" Did you mean {near[0]!r}?" if near else ""))
    for key in ("name", "network"):
        if not isinstance(mapping.get(key), str):
            raise InvalidRecipe(f"A recipe needs a {key}.")
    for key, value in mapping.items():
        default = known[key].default
        kinds = (int, float) if isinstance(default, float) else (type(default) if key in _DEFAULTED else str,)
        if key in ("tau_pos", "tau_neg") and isinstance(value, Mapping):
            continue
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise InvalidRecipe(f"{key} cannot be {value!r}.")
    return Recipe(**mapping)


_DEFAULTED = {field.name for field in fields(Recipe)} - {"name", "network"}


def to_mapping(recipe: Recipe) -> dict[str, Any]:
    """Every setting, as plain values."""
    return asdict(recipe)


def names() -> list[str]:
    """The recipes that come with Overread."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name_or_path: str) -> Recipe:
    """A recipe by its name, or from a TOML file; raises InvalidRecipe when there is none."""
    path = FOLDER / f"{name_or_path}.toml" if name_or_path in names() else Path(name_or_path)
    if path.suffix != ".toml" or not path.is_file():
        raise InvalidRecipe(f"There is no recipe {name_or_path!r}; there are {', '.join(names())}.")
    try:
        return from_mapping({"name": path.stem, **tomllib.loads(path.read_text())})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidRecipe(f"{path.name} is no TOML file: {error}") from None


def check_student(recipe: Recipe, teacher_parameters: int, findings: int) -> None:
    """Raise InvalidRecipe for a student smaller than its teacher, unless the recipe says why.

    A network whose size is not known without building it is let through here and counted when its training starts.
    """
    own = parameter_count(recipe.network, recipe.width, findings)
    if own is not None and own < teacher_parameters and not recipe.smaller_student_because:
        raise InvalidRecipe(
            f"{recipe.name}: the student has {own:,} parameters, its largest teacher {teacher_parameters:,}. Take a "
            "network at least as large, or say in smaller_student_because why not."
        )


def _check(well: bool, key: str, what: str) -> None:
    if not well:
        raise InvalidRecipe(f"{key} must be {what}.")


def _named(thresholds: Thresholds) -> list[str]:
    return list(thresholds) if isinstance(thresholds, Mapping) else []


def _threshold(thresholds: Thresholds, finding: str, otherwise: float) -> float:
    return float(thresholds.get(finding, otherwise) if isinstance(thresholds, Mapping) else thresholds)
