"""Fingers on the film: one draws, two zoom and leave no mark, and the tools are large enough to be hit."""

from playwright.sync_api import CDPSession, Page, expect

from tests.e2e.steps import area, open_first_case
from tests.loop import Loop


class Hand:
    """Fingers of Chromium's own touch screen, by number."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)
        box = page.locator(".film > canvas").bounding_box()
        assert box is not None
        self.middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def send(self, kind: str, *fingers: tuple[float, float]) -> None:
        points = [{"x": self.middle[0] + x, "y": self.middle[1] + y, "id": n} for n, (x, y) in enumerate(fingers)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_one_finger_draws_and_two_zoom_without_a_mark(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    page.keyboard.press("Delete")
    assert area(page) == 0
    hand, film = Hand(page), page.locator(".film > canvas")
    hand.send("touchStart", (-80, 0))
    for x in (-40, 0, 40, 80):
        hand.send("touchMove", (x, 0))
    hand.send("touchEnd")
    expect(page.get_by_text("Area 0 px")).to_have_count(0)
    drawn = area(page)
    page.wait_for_timeout(400)
    before = film.screenshot()
    hand.send("touchStart", (-20, 60), (20, 60))  # both at one time, however busy the machine is
    for apart in (30, 50, 80):
        hand.send("touchMove", (-apart, 60), (apart, 60))
    hand.send("touchEnd")
    page.wait_for_timeout(400)
    assert film.screenshot() != before
    assert area(page) == drawn
    page.keyboard.press("Control+z")
    assert area(page) == 0  # the stroke was the one gesture that left a mark
    page.keyboard.press("y")
    hand.send("touchStart", (-80, 0))
    hand.send("touchMove", (80, 30))
    hand.send("touchEnd")
    assert area(page) == 0


def test_every_tool_is_large_enough_for_a_finger(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    expect(page.get_by_role("slider")).to_be_visible()
    controls = page.get_by_role("complementary").locator("button, label, [role=slider]")
    assert controls.count() > 15
    for box in [control.bounding_box() for control in controls.all()]:
        assert box is not None
        assert min(box["width"], box["height"]) >= 24, box
