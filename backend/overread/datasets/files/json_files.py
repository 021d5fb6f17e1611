"""A tool's JSON file below a source's folder."""

import json
from collections.abc import Callable
from pathlib import Path

from overread.datasets.decoding.decode import MAX_BYTES
from overread.datasets.files.files import files_below, read_bytes
from overread.domain.errors import InvalidInput, UnreadableImage
from overread.domain.json_value import JsonValue


def find_json(
    folder: Path, named: str, option: str, fits: Callable[[JsonValue], bool], what: str
) -> tuple[Path, JsonValue]:
    """The file that is ``named``, or the only one below the folder that ``fits``, with what it holds. Raises
    InvalidInput where there is none, or several; ``option`` is how a user names one, ``what`` what it should hold."""
    if named:
        told = read_json(folder / named)
        if not fits(told):
            raise InvalidInput(f"{named} does not hold {what}.")
        return folder / named, told
    found: dict[Path, JsonValue] = {}
    unread: list[str] = []
    for file in files_below(folder).beside:
        if file.suffix.lower() == ".json":
            try:
                told = read_json(file)
            except InvalidInput as error:
                unread.append(error.detail)
                continue
            if fits(told):
                found[file] = told
    if len(found) > 1:
        names = [str(file.relative_to(folder)) for file in found]
        raise InvalidInput(f'{" and ".join(names)} hold {what}. Say whose labels count: {{"{option}": "{names[0]}"}}.')
    if not found:
        raise InvalidInput(" ".join([f"No .json file below {folder} holds {what}.", *unread[:1]]))
    return found.popitem()


def read_json(path: Path, most: int = MAX_BYTES) -> JsonValue:
    """What the file of ``most`` bytes at most holds; raises InvalidInput for what cannot be read or is no JSON."""
    try:
        told: JsonValue = json.loads(read_bytes(path, most))
    except UnreadableImage as error:
        raise InvalidInput(f"{path.name}: {error.detail}.") from None
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path.name} is no JSON: {error}.") from None
    return told


def is_whole(value: object) -> bool:
    """Whether it is a whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)
