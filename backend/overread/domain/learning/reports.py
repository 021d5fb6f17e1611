"""What jobs say of themselves, and training sets of what they hold: kept beside their rows, shown as they are."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class JobProgress:
    """How far a job has come: films, epochs or files of a total that not every job knows."""

    done: int = 0
    total: int | None = None
    what: str = ""


@dataclass(frozen=True)
class TrainingSetCounts:
    """Films of a training set, its targets by kind, and the findings that it cannot teach: known on some films and
    present on none (``nobody_has``), of which a network learns only that they are absent; present wherever they are
    known (``everybody_has``), of which it learns only that they are there; known on none (``nobody_tells``)."""

    images: int = 0
    reference: int = 0
    read: int = 0
    pseudo: int = 0
    nobody_has: tuple[str, ...] = ()
    everybody_has: tuple[str, ...] = ()
    nobody_tells: tuple[str, ...] = ()

    @property
    def unteachable(self) -> dict[str, list[str]]:
        """The findings that it cannot teach, by why; no entry where there is none."""
        named = {
            "findings that no film has": self.nobody_has,
            "findings that every film has": self.everybody_has,
            "findings that no film tells of": self.nobody_tells,
        }
        return {why: list(findings) for why, findings in named.items() if findings}


@dataclass(frozen=True)
class EpochReport:
    """What a finished epoch says of itself; D-AUC and Dice (macro, development) only where they were scored.

    ``pool_loss`` is None without a pool method; ``waited`` is the share of the epoch spent waiting for films.
    ``judged`` of a scored epoch whose recipe stops early: whether development films are enough to stop by; where they
    are not, the training takes all its epochs and its last weights are published.
    """

    epoch: int
    loss: float
    class_loss: float
    mask_loss: float
    pool_loss: float | None
    learning_rate: float
    images_per_second: float
    truth_share: float
    waited: float
    d_auc: float | None = None
    dice: float | None = None
    judged: bool | None = None

    def values(self) -> dict[str, float | None]:
        """All numbers but the epoch's own, by name: a point of each curve."""
        return {name: value for name, value in asdict(self).items() if name not in ("epoch", "judged")}


@dataclass(frozen=True)
class StartReport:
    """What a finished epoch of a self-supervised start says of itself; ``first`` is the share of films whose other view
    was ranked before all negatives (contrastive accuracy)."""

    epoch: int
    loss: float
    first: float
    learning_rate: float
    images_per_second: float
