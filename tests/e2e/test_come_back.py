"""Stop anywhere, come back exactly there: the slider and where it acts, the view, the window, the tool, the finding."""

from playwright.sync_api import Locator, Page, expect

from tests.e2e.steps import crash, open_first_case, stroke
from tests.loop import Loop


def picture(page: Page) -> str:
    """The film as it is on the screen, at rest."""
    page.wait_for_timeout(500)
    return str(page.locator(".film canvas").evaluate("canvas => canvas.toDataURL()"))


def words(side: Locator) -> list[str]:
    """What the side says: verdicts, the slider and where it acts, area and brush; and the tool that is in hand."""
    return [side.inner_text(), side.get_by_role("radio", checked=True).first.input_value()]


def look_closer(page: Page) -> None:
    """Zoom in beside the middle, and drag another window."""
    box = page.locator(".film canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 3, box["y"] + box["height"] / 3
    page.mouse.move(x, y)
    page.mouse.wheel(0, -400)
    page.mouse.down(button="right")
    page.mouse.move(x + 60, y + 25, steps=3)
    page.mouse.up(button="right")


def narrow(page: Page) -> None:
    """Let the slider act inside an outline around the middle, and move it."""
    page.keyboard.press("g")
    box = page.locator(".film canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 120, y - 120)
    page.mouse.down()
    for dx, dy in ((120, -120), (120, 120), (-120, 120)):
        page.mouse.move(x + dx, y + dy)
    page.mouse.up()
    expect(page.get_by_text("inside the lasso")).to_be_visible()
    page.keyboard.press("t")
    page.keyboard.press("ArrowRight")


def test_after_a_reload_all_is_where_it_was(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    side = page.get_by_role("complementary")
    expect(side.get_by_role("slider")).to_be_visible()
    stroke(page)
    narrow(page)
    page.keyboard.press("e")
    page.keyboard.press("]")
    look_closer(page)
    page.mouse.move(1270, 400)
    expect(page.get_by_text("Kept here", exact=True)).to_be_visible()
    ready = page.locator("button.loud[aria-disabled=false]")  # the film has been there for a moment
    expect(ready).to_be_visible()
    here, seen = words(side), picture(page)
    page.reload()
    expect(side.get_by_role("slider")).to_be_visible()
    expect(side).to_contain_text("inside the lasso")
    page.mouse.move(1270, 400)
    expect(ready).to_be_visible()
    assert words(side) == here
    assert picture(page) == seen
    page.keyboard.press("t")  # the slider acts where it did
    page.keyboard.press("ArrowLeft")
    expect(side).to_contain_text("inside the lasso")


def test_a_view_that_was_moved_after_the_last_stroke_is_kept_too(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    stroke(page)
    expect(page.get_by_text("Kept here", exact=True)).to_be_visible()
    look_closer(page)
    page.mouse.move(1270, 400)
    seen = picture(page)
    address, other = page.url, page.context.new_page()
    crash(page)
    other.goto(address)
    expect(other.get_by_role("slider")).to_be_visible()
    other.mouse.move(1270, 400)
    assert picture(other) == seen
