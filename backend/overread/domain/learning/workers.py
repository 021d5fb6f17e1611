"""What a launch must know of the workers that will train, so that it refuses what they could not do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Workers:
    """As this installation's settings say: how many processes train one network together, and whether encoders' weights
    may come from the hub (huggingface.co, or a worker's cache of it)."""

    processes: int = 1
    hub: bool = False


DEFAULT = Workers()
