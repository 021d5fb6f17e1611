"""Why an iteration's scores rose or fell: from the iteration to the page, and from a film to its masks side by side."""

import re
from dataclasses import replace

from playwright.sync_api import Page, expect
from sqlalchemy import select

from overread.db.tables import Audit, Iteration
from overread.domain.imaging.evaluation import EnsembleMetrics, FindingMetrics, MacroMetrics
from overread.services.labelling.evaluation import record_evaluation
from tests.e2e.axe import barriers
from tests.e2e.english import english
from tests.e2e.steps import enter
from tests.loop import FINDINGS, Loop
from tests.reading import read_truly


def scored(value: float) -> EnsembleMetrics:
    row = FindingMetrics(9, 9, 18, 128, d_auc=value, d_auc_interval=[value - 0.1, value + 0.1])
    own = {name: replace(row, dice=value - 0.05 * place) for place, name in enumerate(FINDINGS)}
    return EnsembleMetrics(own, MacroMetrics(d_auc=value))


def next_iterations(loop: Loop) -> int:
    """Two more, wrong on some films each; the last one's id."""
    with loop.database.transaction() as session:
        audit_id = session.scalars(select(Audit.id)).one()
    read_truly(loop, audit_id)
    for every, recipes in ((2, ["demo-teacher-a", "demo-teacher-b"]), (3, ["demo-teacher-b"])):
        last = loop.launch(recipes=recipes, measure=0, fix=2, override="to compare with")
        loop.label(last, wrong=lambda film, every=every: 0.5 * (film.id % every == 0))  # type: ignore[misc]
    with loop.database.transaction() as session:
        for value, iteration in zip(
            (0.7, 0.82, 0.74), session.scalars(select(Iteration).order_by(Iteration.id)), strict=True
        ):
            record_evaluation(session, iteration, {"external": scored(value)})
    return last.id


def test_a_film_that_gained_is_opened_beside_what_it_was(page: Page, site: str, loop: Loop) -> None:
    last = next_iterations(loop)
    enter(page, site, loop)
    page.get_by_role("region", name="Iteration 2").get_by_role("link", name="Why").click()
    expect(page.get_by_role("heading", name="Why it rose or fell")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/iterations/{last}/why$"))
    expect(page.get_by_role("region", name="Scores, before and after").locator("svg")).to_be_visible()
    unlike = page.get_by_role("region", name="Unlike things compared")
    expect(unlike).to_contain_text("Networks of the ensemble: 2 before, 1 now.")
    expect(page.get_by_role("region", name="What entered, from whom")).to_contain_text(
        "labels of iteration 1: positive"
    )
    expect(page.get_by_role("region", name="Recipes")).to_contain_text("demo-teacher-b")
    assert barriers(page) == []
    page.get_by_role("combobox", name="Language").select_option("ko")
    expect(page.get_by_role("heading", name="왜 오르거나 내렸나")).to_be_visible()
    assert english(page) == []
    page.get_by_role("combobox", name="언어").select_option("en")
    gained = page.get_by_role("region", name="Gained most")
    gained.get_by_role("link", name=re.compile("^Compare ")).first.click()
    for pane in ("Pseudo mask", "Read", "Previous iteration"):
        expect(page.get_by_role("img", name=re.compile(f"^{pane} on "))).to_be_visible()


def test_each_of_three_iterations_says_why_it_is_not_as_the_one_before(page: Page, site: str, loop: Loop) -> None:
    next_iterations(loop)
    enter(page, site, loop)
    project = f"{site}/projects/{loop.project_id}"
    for index, scores, networks in ((1, "0.70 → 0.82", "1 before, 2 now"), (2, "0.82 → 0.74", "2 before, 1 now")):
        page.goto(project)
        head = page.get_by_role("region", name=f"Iteration {index}")
        head.get_by_role("link", name="Why").click()
        expect(page.get_by_text(f"Iteration {index} beside iteration {index - 1}")).to_be_visible()
        expect(page.get_by_role("region", name="Scores, before and after")).to_contain_text(f"Consolidation {scores}")
        unlike = page.get_by_role("region", name="Unlike things compared")
        expect(unlike).to_contain_text(f"Networks of the ensemble: {networks}.")
        entered = page.get_by_role("region", name="What entered, from whom")
        expect(entered).to_contain_text(f"labels of iteration {index - 1}: positive")
        expect(entered).to_contain_text("reads of iteration 0: MEASURE")
    page.goto(project)
    expect(page.get_by_role("region", name="Iteration 0").get_by_role("link", name="Measure")).to_be_visible()
    expect(page.get_by_role("region", name="Iteration 0").get_by_role("link", name="Why")).to_have_count(0)
    page.goto(f"{site}/iterations/1/why")  # the first one's address, by hand
    expect(page.get_by_role("alert")).to_contain_text("Nothing to compare with")
