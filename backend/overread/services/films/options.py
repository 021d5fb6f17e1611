"""A source's options: those of its reader, and those that are ours."""

from collections.abc import Mapping

from overread.domain.json_value import JsonValue

OURS = {"shares"}  # how patients are shared out among splits (``splits``)


def of_reader(options: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """What its reader is told."""
    return {name: value for name, value in options.items() if name not in OURS}
