"""The folder that the server's owner opened for imports, and what lies in it."""

from dataclasses import dataclass
from pathlib import Path

from overread.domain.errors import InvalidInput
from overread.settings import Settings

FOLDERS = 1000


@dataclass(frozen=True)
class Folders:
    """The folders in one below the import folder, by name, and whether there are more than are told."""

    path: str
    folders: list[str]
    more: bool


def inside(settings: Settings, path: str | None) -> str | None:
    """A path below the folder that the server's owner opened for imports; anything else is refused."""
    if path is None:
        return None
    root = _root(settings)
    try:
        full = (root / path).resolve()
        there = full.is_relative_to(root) and full.exists()
    except (OSError, ValueError):  # a name longer than any file's, links in a circle, a NUL
        there = False
    if not there:
        raise InvalidInput("There is nothing at this path below the server's import folder.")
    return str(full)


def below(settings: Settings, full: str | None) -> str | None:
    """The other way round: a path as it is asked for, of one that ``inside`` gave."""
    if full is None or settings.import_root is None:
        return full
    root = _root(settings)
    if not Path(full).is_relative_to(root):  # another root was opened since
        return full
    return str(Path(full).relative_to(root)) if Path(full) != root else ""


def list_folders(settings: Settings, path: str) -> Folders:
    """The folders in a folder below the import folder. Raises InvalidInput for anything else."""
    folder = Path(str(inside(settings, path)))
    try:
        shown = (one for one in folder.iterdir() if not one.name.startswith(".") and one.is_dir())
        found = sorted(one.name for one in shown if one.resolve().is_relative_to(_root(settings)))
    except OSError as error:
        raise InvalidInput(f"This folder cannot be read ({error.strerror}).") from None
    # A name of bytes that are no UTF-8 cannot be said over HTTP.
    named = [name for name in found if name.isprintable()]
    return Folders(below(settings, str(folder)) or "", named[:FOLDERS], len(named) > FOLDERS)


def _root(settings: Settings) -> Path:
    if settings.import_root is None:
        raise InvalidInput("This server imports no folders: set OVERREAD_IMPORT_ROOT, or use `overread import`.")
    return Path(settings.import_root).resolve()
