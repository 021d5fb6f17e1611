"""A study on the pages: reads narrow a bound, thresholds are certified, the gate opens, the next iteration starts."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from overread.db.tables import Audit, AuditCase, Iteration
from tests.e2e.steps import accept, choose_recipe, enter
from tests.loop import FINDINGS, Loop
from tests.reading import claim, read_all, read_case, read_truly
from tests.two_readers import read_everything


def newest(loop: Loop) -> tuple[int, int]:
    """The newest iteration and its audit."""
    with loop.database.transaction() as session:
        audit = session.scalars(select(Audit).order_by(Audit.id.desc()).limit(1)).one()
        return audit.iteration_id, audit.id


def launch(page: Page) -> None:
    choose_recipe(page)
    page.get_by_role("button", name=re.compile("^Launch")).click()


def test_reads_narrow_the_bound_certify_a_threshold_and_open_the_gate(page: Page, site: str, loop: Loop) -> None:
    iteration_id, audit_id = newest(loop)
    enter(page, site, loop)
    page.get_by_role("link", name="Measure").click()
    expect(page.get_by_text(re.compile("^0 of [0-9]+ MEASURE reads"))).to_be_visible()
    expect(page.get_by_role("img", name="Wrong labels: 95% interval").locator("svg")).to_be_visible()
    expect(page.get_by_role("button", name="Confirm these thresholds")).to_be_disabled()
    with loop.database.transaction() as session:
        cases = session.scalar(select(func.count()).where(AuditCase.audit_id == audit_id)) or 0
    for _ in range(cases - 1):
        case = claim(loop, audit_id)
        assert case is not None
        read_case(loop, case)
    # The page looks again by itself, and the bound has come down from 1.
    expect(page.get_by_text(re.compile("^0 of"))).to_have_count(0)
    page.goto(f"{site}/audits/{audit_id}/read")
    accept(page)
    expect(page.get_by_text(re.compile("All read|Nothing is left|all read", re.IGNORECASE)).first).to_be_visible()
    page.goto(f"{site}/iterations/{iteration_id}/gate")
    row = page.get_by_role("row", name=re.compile("^All findings")).first
    expect(row).to_contain_text("0.00–0.")
    expect(page.get_by_text("stratified").or_(page.get_by_text("betting")).first).to_be_visible()
    page.get_by_role("button", name="Confirm these thresholds").click()
    expect(page.get_by_text("Confirmed; kept for ever.")).to_be_visible()
    expect(page.get_by_role("link", name="Report of this iteration")).to_have_attribute(
        "href", f"/api/v1/iterations/{iteration_id}/report.html"
    )
    page.goto(f"{site}/projects/{loop.project_id}")
    page.get_by_label("Pseudo labels enter").select_option("certified")
    launch(page)
    expect(page.get_by_role("heading", name="Iteration 1 is at work")).to_be_visible()


def test_a_bad_teacher_and_an_anchored_reader_are_refused_and_the_films_are_shown(
    page: Page, site: str, loop: Loop
) -> None:
    read_all(loop, newest(loop)[1])
    plan = {"measure": 0, "fix": 30, "keep_out": 1.0, "min_reads": 0, "withhold": FINDINGS, "alpha": 0.9}
    plan |= {"override": "to see what comes of it"}  # the last gate is to refuse, not the ones on the way
    for _ in range(2):  # a teacher that is wrong, and its student that is wrong in the same places
        loop.label(loop.launch(**plan, sentinel=20), wrong=0.5)
        audit_id = newest(loop)[1]
        read_truly(loop, audit_id, anchored=True)  # takes every planted error
    enter(page, site, loop)
    page.get_by_text("Withhold findings").first.wait_for()
    launch(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("planted errors")
    expect(alert).to_contain_text("come back in the same place")
    page.goto(f"{site}/projects/{loop.project_id}/bias")
    page.get_by_role("button", name="Kept out and wrong again in the same place: red").click()
    expect(page.get_by_role("heading", name=re.compile("films behind this light"))).to_be_visible()
    page.get_by_role("link", name=re.compile("The story of a film")).first.click()
    expect(page.get_by_role("heading", name=re.compile("^The story of a film"))).to_be_visible()
    expect(page.get_by_text("Teachers of iteration 2").first).to_be_visible()
    expect(page.locator(".story-step canvas").first).to_be_visible()


def test_the_failing_clause_has_the_reads_drawn_that_open_it(page: Page, site: str, loop: Loop) -> None:
    loop.label(loop.launch(measure=4, fix=0, min_reads=0, alpha=0.3, override="a small audit"))
    _, audit_id = newest(loop)
    read_all(loop, audit_id)
    enter(page, site, loop)
    page.goto(f"{site}/projects/{loop.project_id}")
    asked = page.get_by_role("button", name=re.compile("^Have [0-9]+ more read"))
    expect(asked).to_have_count(len(FINDINGS))
    for _ in FINDINGS:
        asked.first.click()
        expect(page.get_by_text("still to be made").first).to_be_visible()
        left = asked.count()
        expect(asked).to_have_count(left)
    expect(asked).to_have_count(0)
    read_all(loop, audit_id)
    expect(page.get_by_text(re.compile("^open$"))).to_be_visible()


def test_the_next_launch_promises_what_the_last_one_did(page: Page, site: str, loop: Loop) -> None:
    """What a script declared and the form does not ask for is not quietly put back to its default."""
    declared = {"delta": 0.1, "family": "project", "errors": "true", "holdout_margin": 0.3, "keep_out": 0.7}
    loop.label(loop.launch(measure=4, fix=0, override="a small audit", **declared))
    _, audit_id = newest(loop)
    read_all(loop, audit_id)
    enter(page, site, loop)
    page.goto(f"{site}/projects/{loop.project_id}")
    expect(page.get_by_text("with 90% confidence for the whole project, of what is wrong")).to_be_visible()
    launch(page)
    page.get_by_label("Override").fill("the clauses are known")
    page.get_by_role("button", name=re.compile("^Override")).click()
    expect(page.get_by_role("heading", name="Iteration 2 is at work")).to_be_visible()
    with loop.database.transaction() as session:
        plan = session.scalars(select(Iteration).order_by(Iteration.id.desc()).limit(1)).one().plan
    assert {name: getattr(plan, name) for name in declared} == declared
    assert (plan.measure, plan.teaches) == (4, "all")


def test_a_launch_shut_for_its_readers_offers_to_plant_the_errors_that_are_missing(
    page: Page, site: str, loop: Loop
) -> None:
    loop.label(loop.launch(measure=2, fix=0, min_reads=0, alpha=0.9, sentinel=10, override="a small audit"))
    _, audit_id = newest(loop)
    read_everything(loop, audit_id, loop.account_id, catches=True)
    enter(page, site, loop)
    page.goto(f"{site}/projects/{loop.project_id}")
    launch(page)
    shut = page.get_by_role("alert").filter(has_text="The gate is shut")
    expect(shut.get_by_text("readers found 6 of 6 planted errors")).to_be_visible()
    shut.get_by_role("button", name=re.compile("^Plant [0-9]+ more errors")).click()
    expect(shut.get_by_role("button", name=re.compile("^[0-9]+ more errors planted"))).to_be_disabled()
    read_everything(loop, audit_id, loop.account_id, catches=True)
    page.get_by_role("button", name=re.compile("^Launch")).click()
    expect(page.get_by_role("heading", name="Iteration 2 is at work")).to_be_visible()
