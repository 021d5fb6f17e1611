"""What a person does on the pages, as steps that several journeys share."""

import re
from contextlib import suppress

from playwright.sync_api import Error, Page, expect
from sqlalchemy import func, select

from overread.db.tables import AuditCase, AuditItem, Iteration, PseudoLabel
from overread.services.people import accounts
from tests.loop import Loop

# Every word of the line that says where the work is, as soon as it stands there.
LISTEN = """new MutationObserver(() => {
  const word = document.querySelector("output.told")?.textContent ?? "";
  if (word !== window.lastWord) { window.lastWord = word; heard(word); }
}).observe(document, {subtree: true, childList: true, characterData: true})"""


def enter(page: Page, site: str, loop: Loop) -> None:
    with loop.database.transaction() as session:
        token = accounts.invite(session, "ada", "admin")
    page.goto(f"{site}/sign-in#now={token}")
    expect(page.get_by_role("heading", name="Iterations", exact=True)).to_be_visible()


def open_first_case(page: Page, loop: Loop, site: str) -> None:
    enter(page, site, loop)
    page.get_by_role("link", name="Audit").click()
    page.get_by_role("link", name="Start reading").click()
    expect(page.get_by_role("button", name="Accept and next")).to_be_visible()


def choose_recipe(page: Page) -> None:
    page.get_by_role("combobox", name="Recipes").click(force=True)  # its visible frame takes the click, as a person's
    page.get_by_role("option", name="demo-teacher-a").click()
    page.keyboard.press("Escape")


def accept(page: Page) -> None:
    """A, and again for each mask that nobody has looked at yet: the last one saves the film."""
    button = page.locator("button.loud")
    while True:
        expect(button).to_have_attribute("aria-disabled", "false")
        left = str(button.get_attribute("data-left"))
        page.keyboard.press("a")
        if left == "0":
            return
        expect(button).not_to_have_attribute("data-left", left)


def stroke(page: Page) -> None:
    """One quick stroke of the brush across the middle of the film."""
    box = page.locator("canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 90, y)
    page.mouse.down()
    page.mouse.move(x + 90, y + 40, steps=2)
    page.mouse.up()


def crash(page: Page) -> None:
    """Its renderer dies: no handler runs, nothing is said goodbye to."""
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")
    page.close()


def area(page: Page) -> int:
    """The chosen mask's pixels, once the page has drawn what was done last."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
    told = re.search(r"Area (\d+) px", page.get_by_role("complementary").inner_text())
    assert told is not None
    return int(told[1])


def blind_cases(loop: Loop) -> tuple[int, list[int]]:
    """An audit of sentinels, and the cases of films with a mask to be shown."""
    iteration = loop.launch(measure=0, fix=0, sentinel=30, override="another audit")
    loop.label(iteration)
    with loop.database.transaction() as session:
        assert session.get_one(Iteration, iteration.id).stage == "auditing"
        blind = select(AuditItem.case_id).where(AuditItem.task == "blind").distinct().order_by(AuditItem.case_id)
        found = session.scalars(blind).all()
        return session.get_one(AuditCase, found[0]).audit_id, list(found)


def cases_with(loop: Loop, masks: int, empty: int) -> list[int]:
    """Cases with so many drawn findings that have a mask, and so many that have none."""
    drawn = func.count(PseudoLabel.mask_id)
    with loop.database.transaction() as session:
        query = select(AuditItem.case_id).join(PseudoLabel, PseudoLabel.id == AuditItem.pseudo_label_id)
        query = query.group_by(AuditItem.case_id).having((drawn == masks) & (func.count() == masks + empty))
        return list(session.scalars(query.order_by(AuditItem.case_id)))


def open_case(page: Page, loop: Loop, site: str, case_id: int) -> None:
    enter(page, site, loop)
    with loop.database.transaction() as session:
        audit_id = session.get_one(AuditCase, case_id).audit_id
    page.goto(f"{site}/audits/{audit_id}/read?case={case_id}")
    expect(page.locator("button.loud")).to_have_attribute("aria-disabled", "false")
