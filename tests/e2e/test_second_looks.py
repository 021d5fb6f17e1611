"""Two readers and a third who decides, and a reader's own page, in a real browser."""

from playwright.sync_api import Page, expect
from sqlalchemy import select

from overread.db.tables import Account, Audit, AuditItem, Read
from overread.services.audit import queue
from tests.e2e.axe import barriers
from tests.e2e.english import english
from tests.e2e.steps import enter
from tests.loop import Loop
from tests.two_readers import person, read, two_looks


def disagree(loop: Loop) -> int:
    """An audit with sentinels and two readers, who draw squares of their own size on two films."""
    iteration = loop.launch(second=0.3, sentinel=20, measure=6, override="another audit")
    loop.label(iteration)
    bob, cid = person(loop, "bob"), person(loop, "cid")
    with loop.database.transaction() as session:
        audit_id = session.scalars(select(Audit.id).where(Audit.iteration_id == iteration.id)).one()
    for first, second in two_looks(loop, audit_id)[:2]:
        read(loop, first.id, bob, "fix", 6)
        read(loop, second.id, cid, "fix", 12)
    return audit_id


def test_a_third_reader_sees_both_and_decides_with_a_key_or_by_drawing(page: Page, site: str, loop: Loop) -> None:
    audit_id = disagree(loop)
    enter(page, site, loop)
    page.goto(f"{site}/audits/{audit_id}")
    page.get_by_role("link", name="Two readers").click()
    expect(page.locator("figure.pane canvas")).to_have_count(3)
    expect(page.get_by_text("Dice 0.40").first).to_be_visible()  # 2·36 / (36 + 144)
    assert barriers(page) == []
    row = page.get_by_role("row").filter(has_text="to decide").first
    expect(row).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_text("decided", exact=True).first).to_be_visible()
    page.get_by_text("Draw", exact=True).click()
    page.get_by_role("button", name="As drawn").click()
    expect(page.get_by_text("decided", exact=True).nth(1)).to_be_visible()
    expect(page.get_by_role("heading", name="Human against human")).to_be_visible()
    with loop.database.transaction() as session:
        judge = session.scalars(select(Account.id).where(Account.name == "ada")).one()
        said = session.scalars(select(Read).where(Read.adjudicated).order_by(Read.id)).all()
        assert [(one.account_id, one.verdict) for one in said] == [(judge, "fix"), (judge, "fix")]
    page.evaluate("localStorage.setItem('overread.language', 'ko')")
    page.goto(f"{site}/audits/{audit_id}/disputes?image=1&finding=nodule")
    expect(page.get_by_role("heading", name="이중 판독")).to_be_visible()
    expect(page.locator("figure.pane canvas")).to_have_count(3)
    assert english(page) == []


def test_a_readers_own_page_says_what_is_known_and_ranks_nobody(page: Page, site: str, loop: Loop) -> None:
    audit_id = disagree(loop)
    bob = person(loop, "bob")
    with loop.database.transaction() as session:
        planted = session.scalars(select(AuditItem.case_id).where(AuditItem.task == "planted")).all()
    for case_id in planted:
        read(loop, case_id, bob, "accept")
    with loop.database.transaction() as session:
        assert queue.audit_progress(session, audit_id).cases_done > len(planted)
    enter(page, site, loop)
    page.goto(f"{site}/audits/{audit_id}")
    page.get_by_role("link", name="My reading").click()
    expect(page.get_by_text("not known yet")).to_be_visible()
    page.get_by_role("combobox", name="Reader", exact=True).select_option("bob")
    expect(page.get_by_role("heading", name="The reading of bob")).to_be_visible()
    expect(page.get_by_text("not trusted")).to_be_visible()
    expect(page.get_by_text(f"0 of {len(planted)}")).to_be_visible()
    expect(page.get_by_role("img", name="Agreement with others", exact=False)).to_be_visible()
    assert barriers(page) == []
    page.evaluate("localStorage.setItem('overread.language', 'ko')")
    page.reload()
    expect(page.get_by_role("img", name="타인과의 일치도", exact=False)).to_be_visible()
    assert [text for text in english(page) if not text.startswith(("bob", "cid"))] == []
