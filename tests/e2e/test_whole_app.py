"""Screens that journeys pass by: explorer, dashboards, figure, the end of an audit, a server that is away; by axe."""

import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from overread.db.tables import Audit, AuditItem, PseudoLabel, Source
from tests.e2e.axe import barriers
from tests.e2e.steps import enter
from tests.loop import FINDINGS, Loop
from tests.reading import read_all


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_where_one_looks_and_compares(
    page: Page, site: str, loop: Loop, scheme: Literal["light", "dark"]
) -> None:
    with loop.database.transaction() as session:
        audit_id = session.scalars(select(Audit.id)).one()
        label = session.scalars(select(PseudoLabel.id).where(PseudoLabel.public_dice.is_not(None)).limit(1)).one()
    read_all(loop, audit_id)
    page.emulate_media(color_scheme=scheme)
    enter(page, site, loop)
    for path, there in {
        "/iterations/1/pool": page.get_by_role("option", name=re.compile("confidence")).first,
        "/iterations/1/pool?view=PA&area=1-2": page.get_by_role("heading", name="No film is like that"),
        f"/projects/{loop.project_id}/dashboards": page.get_by_role("img", name="Audit progress").locator("svg"),
        "/iterations/1/compare?mode=difference": page.get_by_role("img", name=re.compile("^Difference on")),
        f"/pseudo-labels/{label}/figure?panes=pseudo.difference": page.get_by_role(
            "img", name=re.compile("^Figure of")
        ),
        "/promise": page.get_by_role("region", name="Promises, met or missed"),
        f"/audits/{audit_id}/read": page.get_by_text("Nothing is left for you to read in this audit."),
    }.items():
        page.goto(f"{site}{path}")
        expect(there).to_be_visible()
        assert (path, barriers(page)) == (path, [])


def test_plots_are_downloaded_with_their_tables(page: Page, site: str, loop: Loop, tmp_path: Path) -> None:
    enter(page, site, loop)
    page.goto(f"{site}/projects/{loop.project_id}/dashboards")
    plot = page.get_by_role("region", name="Pool decisions over iterations")
    expect(plot.locator("svg")).to_be_visible()
    expect(page.get_by_text("It takes two iterations")).to_be_visible()  # an empty state says why
    files = {}
    for kind in ("CSV", "SVG", "PNG"):
        with page.expect_download() as told:
            plot.get_by_role("button", name=re.compile(f"^{kind}: ")).click()
        files[kind] = told.value.path().read_bytes()
    assert files["CSV"].decode().splitlines()[0] == "Iteration,Finding,Decision,Films"
    assert len(files["CSV"].decode().splitlines()) == 1 + 5 * 3
    assert b"<svg" in files["SVG"]
    assert b"var(" not in files["SVG"]
    assert files["PNG"][:4] == b"\x89PNG"
    plot.get_by_role("button", name="Table").click()
    expect(plot.get_by_role("row")).to_have_count(1 + 5 * 3)


def test_a_server_that_is_away_is_said_and_nothing_is_blank(page: Page, site: str, loop: Loop) -> None:
    enter(page, site, loop)
    page.goto(f"{site}/projects/{loop.project_id}/dashboards")
    expect(page.get_by_role("region", name="Pool decisions over iterations").locator("svg")).to_be_visible()
    page.route("**/api/v1/**", lambda route: route.abort())
    page.get_by_role("link", name="Iterations").click()
    page.goto(f"{site}/iterations/1/pool")
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
    assert barriers(page) == []
    page.unroute("**/api/v1/**")
    page.get_by_role("button", name="Try again").first.click()
    expect(page.get_by_role("option", name=re.compile("confidence")).first).to_be_visible()


def test_films_of_one_hospital_are_told_apart_where_there_are_several(page: Page, site: str, loop: Loop) -> None:
    loop.source("elsewhere", "pool", count=2, size=32, seed=9)
    with loop.database.transaction() as session:
        sites = set(session.scalars(select(Source.namespace).where(Source.role == "pool")))
        first = session.scalars(select(Source.namespace).where(Source.name == "pool")).one()
    assert len(sites) == 2
    enter(page, site, loop)
    page.goto(f"{site}/iterations/1/pool")
    page.get_by_role("combobox", name="Site").select_option((sites - {first}).pop())
    expect(page.get_by_role("heading", name="No film is like that")).to_be_visible()  # they were not labelled yet
    page.get_by_role("button", name="Show all films").click()
    page.get_by_role("combobox", name="Site").select_option(first)
    drawn = select(AuditItem.id).where(AuditItem.finding == FINDINGS[0])
    with loop.database.transaction() as session:
        left = 30 - len(session.scalars(drawn).all())
    expect(page.get_by_role("option", name=re.compile("confidence"))).to_have_count(left)
