"""Gestures of the reading room that go through the page: keys, the slider's scope, the sheet, findings in full view."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy import select

from overread.db.tables import Read
from tests.e2e.axe import barriers
from tests.e2e.steps import accept, area, cases_with, open_case, open_first_case, stroke
from tests.loop import Loop


def test_the_slider_acts_where_a_click_says(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    page.keyboard.press("Delete")
    assert area(page) == 0
    page.keyboard.press("g")
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_text("in the region")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("in the region")).to_have_count(0)


def test_each_finding_keeps_its_brush(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    page.keyboard.press("1")
    said = page.get_by_text("brush", exact=False).last
    small = said.inner_text()
    for _ in range(8):
        page.keyboard.press("]")
    assert said.inner_text() != small
    page.keyboard.press("2")
    assert re.findall(r"brush \d+", said.inner_text()) == re.findall(r"brush \d+", small)
    page.keyboard.press("Shift+2")
    expect(page.get_by_role("group", name="Findings").locator(".swatch").nth(1)).to_have_css("opacity", "0.25")


def test_held_keys_show_and_let_go(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    stroke(page)
    page.mouse.move(0, 0)
    canvas = page.locator("canvas")
    page.wait_for_timeout(300)
    before = canvas.screenshot()
    seen = []
    for key in ("h", "o", "d"):
        page.keyboard.down(key)
        page.wait_for_timeout(300)
        seen.append(canvas.screenshot())
        page.keyboard.up(key)
        page.wait_for_timeout(300)
        assert canvas.screenshot() == before
    assert len({before, *seen}) == 4


def test_a_full_stop_goes_to_the_finding_to_read(page: Page, site: str, loop: Loop) -> None:
    open_case(page, loop, site, cases_with(loop, masks=1, empty=0)[0])  # of five findings one is asked for
    chips = page.get_by_role("group", name="Findings").get_by_role("button")
    quiet = chips.filter(has_not_text="to read").first
    quiet.click()
    expect(quiet).to_have_attribute("aria-pressed", "true")
    page.keyboard.press(".")
    expect(chips.filter(has_text="to read").first).to_have_attribute("aria-pressed", "true")


def test_a_command_is_found_by_its_name(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    stroke(page)
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Every command by name")
    expect(palette.get_by_role("combobox")).to_be_focused()
    assert barriers(page) == []
    page.keyboard.type("note")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Note on", exact=False)).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(palette.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("clear")
    page.keyboard.press("Enter")
    expect(palette).to_have_count(0)
    expect(page.get_by_text("Area 0 px", exact=False)).to_be_visible()


def test_another_key_for_an_action_stays_in_this_browser(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    sheet.get_by_role("button", name="Clear: Del. Change the key").click()
    page.keyboard.press("y")
    expect(sheet.get_by_role("button", name="Clear: Y. Change the key")).to_be_visible()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.get_by_role("button", name="Clear")).to_contain_text("Y")
    stroke(page)
    page.keyboard.press("y")
    assert area(page) == 0


def test_a_mask_of_the_strip_is_taken_over_and_its_source_told(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    chips = page.get_by_role("group", name="Findings").get_by_role("button")
    strip = page.get_by_role("group", name="Masks to take over")
    page.keyboard.press("m")
    while not strip.get_by_role("button", name="Public label").is_enabled():
        address = page.url
        page.keyboard.press("n")
        expect(page).not_to_have_url(address)
        expect(page.get_by_role("button", name="Accept and next")).to_be_visible()
        page.keyboard.press("m")
    expect(chips.filter(has_text="to read").first).to_be_visible()
    page.keyboard.press("Delete")  # the phantom's public label is its pseudo mask: taking it over would change nothing
    page.keyboard.press("3")
    expect(strip).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.type("apex 3")  # digits and letters are a note's here
    page.keyboard.press("Enter")
    page.keyboard.press("q")
    expect(page.get_by_role("button", name="Flagged")).to_be_visible()
    stroke(page)
    accept(page)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    with loop.database.transaction() as session:
        fix = session.scalars(select(Read).where(Read.verdict == "fix")).one()
        assert (fix.adopted, fix.note, fix.flagged) == ("public", "apex 3", True)
