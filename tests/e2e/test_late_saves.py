"""A save that came too late is shown beside the read that counts: looked at, taken over, or left."""

import re

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from overread.db.tables import AuditItem, Mask, Read
from tests.e2e.steps import accept, open_first_case, stroke
from tests.loop import Loop

LATE = re.compile("yours · .* · fixed")


def size(side: Locator) -> str:
    """What the page says of the chosen mask's size."""
    expect(side).to_contain_text(re.compile(r"Area \d+ px"))
    told = re.search(r"Area \d+ px", side.inner_text())
    assert told is not None
    return told[0]


def picture(page: Page) -> str:
    """The film as it is on the screen, at rest."""
    page.wait_for_timeout(400)
    return str(page.locator("canvas").first.evaluate("canvas => canvas.toDataURL()"))


def save_in_two_tabs(page: Page, loop: Loop, site: str) -> str:
    """Two tabs draw on one film; the second saves first. What the first one drew, in words."""
    open_first_case(page, loop, site)
    stroke(page)
    drawn = size(page.get_by_role("complementary"))
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("button", name="Accept and next")).to_be_visible()
    other.keyboard.press("=")
    expect(other.get_by_role("button", name="Save and next")).to_be_visible()
    accept(other)
    expect(other.get_by_text("Saved", exact=True)).to_be_visible()
    other.close()
    accept(page)
    expect(page.get_by_text("Kept beside: that film")).to_be_visible()
    return drawn


def test_a_late_save_is_looked_at_and_taken_over(page: Page, site: str, loop: Loop) -> None:
    drawn = save_in_two_tabs(page, loop, site)
    page.get_by_role("button", name="Look at it").click()
    late = page.get_by_role("region", name="Kept beside")
    expect(late).to_contain_text(LATE)
    side = page.get_by_role("complementary")
    assert size(side) != drawn  # the read that counts is the other tab's
    page.mouse.move(5, 5)
    before = picture(page)
    late.get_by_role("button", name="Show over the film").click()
    expect(late.get_by_role("button", name="Show over the film")).to_have_attribute("aria-pressed", "true")
    assert picture(page) != before
    late.get_by_role("button", name="Show over the film").click()
    assert picture(page) == before
    assert size(side) != drawn  # looking changes nothing
    late.get_by_role("button", name="Take over").click()
    expect(side).to_contain_text(drawn)
    accept(page)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    with loop.database.transaction() as session:
        *_, last = session.execute(select(Read, Mask.area).join(Mask, Mask.id == Read.mask_id).order_by(Read.id))
        assert (last[0].adopted, last[0].sibling, f"Area {last[1]} px") == ("sibling", False, drawn)


def test_a_late_save_is_an_offer_of_the_strip_and_shows_on_compare(page: Page, site: str, loop: Loop) -> None:
    drawn = save_in_two_tabs(page, loop, site)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("region", name="Kept beside")).to_be_visible()
    page.keyboard.press("m")
    expect(page.get_by_role("group", name="Masks to take over").get_by_role("button", name=LATE)).to_be_visible()
    page.keyboard.press("5")
    expect(page.get_by_role("complementary")).to_contain_text(drawn)
    page.keyboard.press("Control+z")
    with loop.database.transaction() as session:
        case_id, finding = session.execute(select(Read.case_id, Read.finding).where(Read.sibling)).first() or (0, "")
        query = select(AuditItem.pseudo_label_id).where(AuditItem.case_id == case_id, AuditItem.finding == finding)
        label = session.scalars(query).one()
    page.goto(f"{site}/iterations/1/compare?label={label}")
    late = page.get_by_role("region", name="Kept beside")
    expect(late.get_by_role("button", name=LATE)).to_be_visible()
    before = picture(page)
    late.get_by_role("button", name=LATE).click()
    assert picture(page) != before
