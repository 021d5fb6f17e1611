"""What a launch declares where nobody says otherwise is written once: API, command line and form say the same."""

import inspect
from dataclasses import fields, replace

from overread import cli, cli_audits
from overread.api.loop.schemas import DeclarationIn
from overread.domain.policy.plan import DEFAULT, Declaration, Plan, declared_next
from overread.recipes import load

RECIPES = (load("demo-teacher-a"),)


def test_the_api_takes_every_term_with_its_default() -> None:
    sent = DeclarationIn()
    own = {field.name: getattr(DEFAULT, field.name) for field in fields(Declaration)}
    assert {name: tuple(said) if isinstance(said, list) else said for name, said in sent.model_dump().items()} == own


def test_the_command_line_has_no_defaults_of_its_own() -> None:
    for command in (cli.iterate, cli_audits.power):
        for name, option in inspect.signature(command).parameters.items():
            if name != "withhold" and hasattr(DEFAULT, name):
                assert option.default == getattr(DEFAULT, name), name
    assert inspect.signature(cli_audits.power).parameters["margin"].default == DEFAULT.holdout_margin


def test_the_next_launch_promises_no_less_unsaid_and_repeats_no_exception() -> None:
    told = replace(DEFAULT, alpha=0.02, family="project", errors="true", holdout_margin=0.05, seed=9)
    once = replace(told, withhold=("nodule",), override="because", refresh=True, thresholds="weighted", minutes=5.0)
    assert declared_next(Plan(**vars(once), recipes=RECIPES)) == told
    assert declared_next(None) == DEFAULT
