"""``overread recipes``: the recipes of a training, named, read aloud, compared."""

from typing import Annotated

import typer
from rich.table import Table

from overread import recipes
from overread.console import AsJson, output, show
from overread.domain.learning.recipe.values import describe, difference, to_mapping

app = typer.Typer(invoke_without_command=True, help="The recipes of a training; without a command, their names.")
Name = Annotated[str, typer.Argument(help="Name or file.")]


@app.callback()
def name_recipes(context: typer.Context, as_json: AsJson = False) -> None:
    """The recipes of a training; without a command, their names."""
    if context.invoked_subcommand is None:
        list_recipes(as_json)


@app.command("list")
def list_recipes(as_json: AsJson = False) -> None:
    """Name the recipes that come with Overread."""
    show(list(recipes.names()), as_json)


@app.command("show")
def show_recipe(name: Name, as_json: AsJson = False) -> None:
    """Print every setting of a recipe under its sentence: a recipe file that can be used as it is."""
    recipe = recipes.load(name)
    if as_json:
        show(to_mapping(recipe), True)
    else:
        print(describe(recipe), end="")


@app.command("diff")
def diff_recipes(one: Name, other: Name, as_json: AsJson = False) -> None:
    """Print the settings in which two recipes differ."""
    found = difference(recipes.load(one), recipes.load(other))
    if as_json:
        show(found, True)
        return
    table = Table("setting", one, other)
    for key, (left, right) in found.items():
        table.add_row(key, str(left), str(right))
    output.print(table)
