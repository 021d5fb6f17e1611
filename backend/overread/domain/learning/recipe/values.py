"""Recipes from plain values and back, every key and kind checked; a recipe in words; the difference of two."""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, asdict, fields, is_dataclass
from typing import Any

from overread.domain.errors import InvalidRecipe
from overread.domain.learning.recipe import Recipe

LEAST, MOST, LONGEST = 1e-12, 1e9, 1000


def from_mapping(mapping: Mapping[str, Any]) -> Recipe:
    """A recipe from plain values; raises InvalidRecipe for an unknown key, a wrong kind or an impossible value."""
    for key in ("name", "network"):
        if not isinstance(mapping.get(key), str):
            raise InvalidRecipe(f"A recipe needs a {key}.")
    return Recipe(**_values(Recipe, mapping, ""))


def to_mapping(recipe: Recipe) -> dict[str, Any]:
    """Every setting, as plain values."""
    return asdict(recipe)


def describe(recipe: Recipe) -> str:
    """The recipe as a file that reads itself aloud: each setting under its sentence, each part a table."""
    lines = list(_described(recipe))
    for part in fields(recipe):
        value = getattr(recipe, part.name)
        if is_dataclass(value):
            lines += ["", f"# {(value.__doc__ or '').splitlines()[0]}", f"[{part.name}]", *_described(value)]
    return "\n".join(lines) + "\n"


def difference(a: Recipe, b: Recipe) -> dict[str, tuple[Any, Any]]:
    """Settings (part.key) in which two recipes differ, with both values; names apart."""
    left, right = dict(_flat(to_mapping(a))), dict(_flat(to_mapping(b)))
    keys = [key for key in left | right if key != "name"]
    return {key: (left.get(key), right.get(key)) for key in keys if left.get(key) != right.get(key)}


def _values(kind: Any, mapping: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The fields of a dataclass from plain values, its parts built on the way."""
    known = {own.name: own for own in fields(kind)}
    values: dict[str, Any] = {}
    for key, value in mapping.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f" Did you mean {where + near[0]!r}?" if near else ""
            raise InvalidRecipe(f"{where + key!r} is no setting of a recipe.{hint}")
        part = _default(known[key])
        if is_dataclass(part):
            if not isinstance(value, Mapping):
                raise InvalidRecipe(f"{where}{key} is a table of settings, not {value!r}.")
            kind_of_part: Any = type(part)
            values[key] = kind_of_part(**_values(kind_of_part, value, f"{where}{key}."))
        else:
            values[key] = _checked(f"{where}{key}", part, value)
    return values


def _checked(key: str, default: Any, value: Any) -> Any:
    """The value, if it is of its default's kind: a whole number may stand for a number, a table for thresholds."""
    thresholds = key.endswith(("tau_pos", "tau_neg", "finding_weights"))
    if thresholds and isinstance(value, Mapping):
        if all(isinstance(one, int | float) and not isinstance(one, bool) and one == one for one in value.values()):
            return {name: float(_bounded(f"{key}.{name[:40]}", one)) for name, one in value.items()}
        raise InvalidRecipe(f"{key} gives a number a finding, not {dict(value)!r}.")
    kinds = (int, float) if isinstance(default, float) else (str if default is MISSING else type(default),)
    if isinstance(value, bool) != isinstance(default, bool) or not isinstance(value, kinds):
        raise InvalidRecipe(f"{key} cannot be {repr(value)[:80]}.")
    # A whole number is kept as the number that it stands for.
    return float(_bounded(key, value)) if isinstance(default, float) else _bounded(key, value)


def _bounded(key: str, value: Any) -> Any:
    """The value, if it is a number that arithmetic bears (0, or ``LEAST`` to ``MOST`` in size), or a text of a line."""
    if isinstance(value, str) and (len(value) > LONGEST or not value.isprintable()):
        raise InvalidRecipe(f"{key} is at most {LONGEST} printable characters.")
    if isinstance(value, int | float) and (abs(value) > MOST or 0 < abs(value) < LEAST):
        raise InvalidRecipe(f"{key} is 0, or from {LEAST:g} to {MOST:g} in size.")
    return value


def _default(own: Field[Any]) -> Any:
    return own.default_factory() if own.default_factory is not MISSING else own.default


def _described(part: Any) -> Iterator[str]:
    for own in fields(part):
        value = getattr(part, own.name)
        if not is_dataclass(value):
            yield f"# {own.metadata['says']}"
            yield f"{own.name} = {_toml(value)}"


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }" if value else "{}"
    return repr(value) if isinstance(value, float) else json.dumps(value)


def _flat(mapping: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in mapping.items():
        if isinstance(value, Mapping) and where == "" and key != "finding_weights":
            yield from _flat(value, f"{key}.")
        else:
            yield f"{where}{key}", value
