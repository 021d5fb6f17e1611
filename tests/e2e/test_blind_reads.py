"""A film that is read blind first, in a real browser: nothing is shown, then the masks, and both reads stay."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from overread.db.tables import AuditCase, AuditItem, Read
from tests.e2e.axe import barriers
from tests.e2e.steps import accept, blind_cases, enter, stroke
from tests.loop import Loop


def both_reads_of_each_finding_are_kept(loop: Loop, case_id: int) -> None:
    with loop.database.transaction() as session:
        drawn = select(AuditItem.finding).where(AuditItem.case_id == case_id, AuditItem.task == "blind")
        items = set(session.scalars(drawn))
        query = select(Read).where(Read.case_id == case_id, Read.finding.in_(items)).order_by(Read.id)
        said = session.scalars(query).all()
        assert [read.blind for read in said].count(True) == len(items)
        drafts = {read.finding: read.verdict for read in said if read.blind}
        finals = {read.finding: read.verdict for read in said if not read.blind}
    assert "fix" in drafts.values()
    assert finals.keys() == drafts.keys()
    assert all(finals[finding] == "fix" for finding, verdict in drafts.items() if verdict == "fix")


def test_draw_freeze_see_and_save(page: Page, site: str, loop: Loop) -> None:
    audit_id, blind = blind_cases(loop)
    enter(page, site, loop)
    page.goto(f"{site}/audits/{audit_id}/read?case={blind[0]}")
    expect(page.get_by_role("button", name="Freeze and show")).to_be_visible()
    expect(page.get_by_text("Read blind: draw what you see")).to_be_visible()
    expect(page.get_by_text("shown after your read").first).to_be_visible()
    assert page.get_by_text("presence").count() == 0
    assert barriers(page) == []
    stroke(page)
    page.get_by_role("button", name="Freeze and show").click()
    expect(page.get_by_text("mask is shown now")).to_be_visible()
    expect(page.get_by_text("presence").first).to_be_visible()
    assert f"case={blind[0]}" in page.url
    accept(page)
    expect(page).not_to_have_url(re.compile(rf"case={blind[0]}$"))
    expect(page.get_by_text("mask is shown now")).to_have_count(0)
    both_reads_of_each_finding_are_kept(loop, blind[0])
    with loop.database.transaction() as session:  # the film that came after it is handed back
        session.execute(update(AuditCase).values(lease_until=None))
    page.goto(f"{site}/audits/{audit_id}/read?case={blind[1]}")
    expect(page.get_by_role("button", name="Freeze and show")).to_be_visible()
    expect(page.locator("button.loud")).to_have_attribute("data-left", "0")
    expect(page.locator("button.loud")).to_have_attribute("aria-disabled", "false")
    page.get_by_role("button", name="Freeze and show").click()  # nothing drawn: no lesion
    expect(page.get_by_text("mask is shown now")).to_be_visible()
    with loop.database.transaction() as session:
        said = session.scalars(select(Read).where(Read.case_id == blind[1])).all()
        assert {(read.blind, read.verdict) for read in said} == {(True, "reject")}
