"""The teachers' own masks in a real browser: on the strip by number, taken over by a digit, and where they disagree."""

from playwright.sync_api import Page, expect
from sqlalchemy import select

from overread.db.tables import AuditCase, AuditItem, MemberMask, Read
from tests.e2e.axe import barriers
from tests.e2e.steps import accept, enter
from tests.loop import FINDINGS, Loop


def two_teachers(loop: Loop) -> tuple[int, int, int, str]:
    """Audit, case, place of the finding and its name, where two networks marked something."""
    recipes = ["demo-teacher-a", "demo-teacher-b"]
    iteration = loop.launch(recipes=recipes, override="another audit")
    loop.label(iteration)
    with loop.database.transaction() as session:
        query = (
            select(AuditCase.audit_id, AuditCase.id, MemberMask.finding)
            .join(AuditItem, AuditItem.case_id == AuditCase.id)
            .join(MemberMask, MemberMask.image_id == AuditCase.image_id)
            .where(MemberMask.finding == AuditItem.finding, AuditItem.task == "read")
        )
        audit, case, finding = session.execute(query.order_by(AuditCase.id.desc())).first() or (0, 0, "")
    return audit, case, FINDINGS.index(finding), finding


def test_a_teachers_mask_is_taken_over_by_its_number(page: Page, site: str, loop: Loop) -> None:
    audit_id, case_id, place, finding = two_teachers(loop)
    enter(page, site, loop)
    page.goto(f"{site}/audits/{audit_id}/read?case={case_id}")
    expect(page.get_by_role("button", name="Accept and next")).to_be_visible()
    page.keyboard.press(str(place + 1))
    canvas = page.locator("canvas").first
    page.wait_for_timeout(300)
    before = canvas.screenshot()
    page.keyboard.press("v")
    expect(page.get_by_text("the share of the 2 teachers whose mask disagrees")).to_be_visible()
    page.wait_for_timeout(300)
    assert canvas.screenshot() != before
    page.keyboard.press("v")
    page.keyboard.press("m")
    strip = page.get_by_role("group", name="Masks to take over")
    expect(strip.get_by_role("button", name="Teacher 1")).to_be_enabled()
    expect(strip.get_by_role("button", name="Teacher 2")).to_be_enabled()
    assert barriers(page) == []
    page.keyboard.press("6")
    expect(strip).to_have_count(0)
    accept(page)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    with loop.database.transaction() as session:
        said = session.scalars(select(Read).where(Read.case_id == case_id, Read.finding == finding)).one()
        assert (said.verdict, said.adopted, said.teacher) == ("fix", "teacher", 2)
