"""TensorBoard as an option: the same numbers as the database's, for those who are used to it."""

from collections.abc import Callable, Mapping
from pathlib import Path

from overread.domain.errors import MissingDependency


def open_curves(folder: Path | None, name: str) -> Callable[[int, Mapping[str, float | None]], None] | None:
    """A function that writes an epoch's numbers; None unless OVERREAD_TENSORBOARD_FOLDER is set."""
    if folder is None:
        return None
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ModuleNotFoundError as error:
        raise MissingDependency(
            "OVERREAD_TENSORBOARD_FOLDER is set and TensorBoard is not installed: pip install tensorboard."
        ) from error
    writer = SummaryWriter(str(folder / name))

    def write(epoch: int, values: Mapping[str, float | None]) -> None:
        for key, value in values.items():
            if value is not None:
                writer.add_scalar(key, value, epoch)
        writer.flush()

    return write
