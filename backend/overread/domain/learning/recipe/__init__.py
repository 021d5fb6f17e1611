"""A recipe: all settings of one training and of the labelling that follows. Known here so that the service can refuse
a bad one before a job exists, without torch."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from overread.domain.errors import InvalidRecipe
from overread.domain.learning.networks import least_films, parameter_count
from overread.domain.learning.recipe.parts import (
    Augment,
    CopyPaste,
    Labelling,
    Pool,
    Pseudo,
    Start,
    check,
    one_of,
    says,
)

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]
Schedule = Literal["constant", "cosine"]
# Encoders with blocks to skip; of timm's ("tu-") only building one tells.
SKIPPING = ("efficientnet-", "timm-efficientnet-", "timm-tf_efficientnet_lite", "mit_", "tu-")
_WEIGHTS = re.compile(r"imagenet|none|[0-9a-f]{64}|[^\0]+\.safetensors")


@dataclass(frozen=True)
class Recipe:
    """Frozen with the iteration that uses it. Every field is a key of a recipe file, every part a table in it."""

    name: str = field(metadata={"says": "What the recipe is called."})
    network: str = field(metadata={"says": '"small-unet", or an encoder of segmentation-models-pytorch for its U-Net.'})
    width: int = says("Channels of the small U-Net's first stage; others ignore it.", 16)
    encoder_weights: str = says(
        "imagenet (EfficientNet-Lite's by a package, others' by the hub), none, or a checkpoint's SHA-256 or file.",
        "none",
    )
    pooling: Literal["avg", "max"] = says(
        "How the auxiliary classifier pools the last features; the small U-Net does both.", "avg"
    )
    dropout: float = says("Chance that a feature is dropped before each head.", 0.25)
    stochastic_depth: float = says("Chance that the encoder's last block is skipped, where it can be.", 0.0)
    size: int = says("Films and masks are resized to size × size pixels; a multiple of 32.", 512)
    epochs: int = says("Passes over the human truth of the training set.", 50)
    batch: int = says("Images in a mini-batch, over all devices.", 16)
    accumulate: int = says("Pieces that a mini-batch is cut into: the same step in less memory.", 1)
    learning_rate: float = says("Adam's step size.", 1e-4)
    schedule: Schedule = says("constant, or cosine down to zero.", "constant")
    warm_up: float = says("Share of the training over which the step size rises from 0.", 0.0)
    gradient_clip: float = says("Largest norm of a step's gradient; 0 does not clip.", 0.0)
    average: float = says("Decay of averaged weights that are kept and published; 0 keeps the last ones.", 0.0)
    early_stop: int = says(
        "Looks at development films, where these are enough, without a better D-AUC after which to stop; 0 never.", 0
    )
    precision: Precision = says("Arithmetic: 32-true, bf16-mixed or 16-mixed.", "32-true")
    compile: bool = says("Compile the network first: pays on a GPU and long trainings.", False)
    class_weight: float = says("Weight of the image-level loss (the study's 0.3 : 0.7).", 0.3)
    mask_weight: float = says("Weight of the pixel-level loss.", 0.7)
    finding_weights: Mapping[str, float] = field(
        default_factory=dict, metadata={"says": "Weight of a finding's loss; one that is not named weighs 1."}
    )
    rare: float = says("Over-sampling of films with rare findings: 0 none, 1 each finding equally often.", 0.0)
    from_teacher: bool = says(
        "Begin with the weights of the iteration before, from a network of the same kind, instead of new ones.", False
    )
    seed: int = says("Seed of weights, order and augmentation; an iteration sets it for each of its runs.", 0)
    smaller_student_because: str = says("Why this student may have fewer parameters than its teacher.", "")
    augment: Augment = field(default_factory=Augment)
    copy_paste: CopyPaste = field(default_factory=CopyPaste)
    pool: Pool = field(default_factory=Pool)
    pseudo: Pseudo = field(default_factory=Pseudo)
    labelling: Labelling = field(default_factory=Labelling)
    start: Start = field(default_factory=Start)

    def __post_init__(self) -> None:
        check(self.size % 32 == 0 and 32 <= self.size <= 2048, "size", "a multiple of 32 from 32 to 2048")
        check(self.epochs >= 1 and self.batch >= 1, "epochs and batch", "1 or more")
        check(1 <= self.accumulate <= self.batch, "accumulate", "from 1 to batch")
        check(0 < self.learning_rate < 1, "learning_rate", "between 0 and 1")
        check(0 <= self.warm_up <= 1 and self.gradient_clip >= 0, "warm_up and gradient_clip", "a share, and ≥ 0")
        check(0 <= self.average < 1 and self.early_stop >= 0, "average and early_stop", "below 1, and ≥ 0")
        for key in ("dropout", "stochastic_depth"):
            check(0 <= getattr(self, key) < 1, key, "from 0 to below 1")
        check(min(self.class_weight, self.mask_weight) >= 0 < self.class_weight + self.mask_weight, "weights", "≥ 0")
        check(min(self.finding_weights.values(), default=0) >= 0, "finding_weights", "≥ 0")
        one_of(self.schedule, Schedule, "schedule")
        one_of(self.precision, Precision, "precision")
        check(self.pooling in ("avg", "max"), "pooling", "avg or max")
        check(0 <= self.rare <= 1 and 4 <= self.width <= 256, "rare and width", "from 0 to 1, and from 4 to 256")
        check(
            bool(_WEIGHTS.fullmatch(self.encoder_weights)),
            "encoder_weights",
            "imagenet, none, a checkpoint's SHA-256, or a .safetensors file (a pickled one is refused unread)",
        )
        self._check_pairs()

    @property
    def encoder_file(self) -> str | None:
        """The checkpoint that the encoder starts from, by file or SHA-256; None for ImageNet's and for none."""
        return None if self.encoder_weights in ("imagenet", "none") else self.encoder_weights

    def _check_pairs(self) -> None:
        """What each setting allows and two together do not."""
        check(
            not (self.encoder_weights == "imagenet" and self.network == "small-unet"),
            "encoder_weights",
            "none or a checkpoint for small-unet: nobody trained one on ImageNet",
        )
        check(
            not self.stochastic_depth or self.network.startswith(SKIPPING),
            "stochastic_depth",
            f"0 for {self.network}: it has no block to skip",
        )
        check(
            self.pool.method != "meta_pseudo_labels" or not self.pseudo.own_head,
            "pseudo.own_head",
            "false with meta_pseudo_labels: that student learns from one head",
        )
        check(
            self.pool.method != "none" or self.pool.finish == 0,
            "pool.finish",
            "0 without a pool method: there is nothing to finish",
        )
        check(
            not self.from_teacher or (self.encoder_weights == "none" and not self.pseudo.cross_fit),
            "from_teacher",
            "false with encoder_weights, which it would overwrite, and with pseudo.cross_fit: it knows both halves",
        )
        check(
            self.pool.method != "mean_teacher" or self.average > 0,
            "average",
            "above 0 with mean_teacher: its teacher is the averaged network (.99, say)",
        )


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


def check_batch(recipe: Recipe, processes: int) -> None:
    """Raise InvalidRecipe where a network that normalises over the mini-batch would meet a film alone: in training its
    mean and variance are then that film's own, and fit no other when it labels.

    ``processes`` share a mini-batch, and each cuts its share into ``accumulate`` pieces; so they do with pool films.
    """
    if least_films(recipe.network) == 1:
        return
    least = 2 * processes * recipe.accumulate
    drawn = {"batch": recipe.batch} | ({"pool.batch": recipe.pool.batch} if recipe.pool.method != "none" else {})
    for key, films in drawn.items():
        if films < least:
            shared = f" shared by {processes} processes" if processes > 1 else ""
            cut = f" in {recipe.accumulate} pieces" if recipe.accumulate > 1 else ""
            lower = ", or accumulate lower" if cut else ""
            raise InvalidRecipe(
                f"{recipe.name}: {recipe.network} normalises over the films that it meets together, and {key} = {films}"
                f"{shared}{cut} leaves one alone. Set {key} to {least} or more{lower}; only small-unet learns from one."
            )
