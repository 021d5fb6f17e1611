"""The recipes that come with Overread, a TOML file each; and how a file becomes a recipe."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from overread.domain.errors import InvalidRecipe
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.values import from_mapping

FOLDER = Path(__file__).resolve().parent


def names() -> list[str]:
    """The recipes that come with Overread."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read(given: Recipe | str | Mapping[str, Any]) -> Recipe:
    """The recipe that is given as itself, by its name or file, or as plain values; raises InvalidRecipe as they do."""
    if isinstance(given, Recipe):
        return given
    return load(given) if isinstance(given, str) else from_mapping(given)


def load(name_or_path: str) -> Recipe:
    """A recipe by its name, or from a TOML file; raises InvalidRecipe when there is none."""
    path = FOLDER / f"{name_or_path}.toml" if name_or_path in names() else Path(name_or_path)
    if path.suffix != ".toml" or not path.is_file():
        raise InvalidRecipe(f"There is no recipe {name_or_path!r}; there are {', '.join(names())}.")
    try:
        return from_mapping({"name": path.stem, **tomllib.loads(path.read_text())})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidRecipe(f"{path.name} is no TOML file: {error}") from None
