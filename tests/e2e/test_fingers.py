"""Fingers on the film: one draws, two zoom and leave no mark, and the tools are large enough to be hit."""

from playwright.sync_api import CDPSession, Page, expect

from tests.e2e.steps import open_first_case
from tests.e2e.test_gestures import area
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
    # One script, so that a busy machine does not come between the first finger and the second.
    film.evaluate(PINCH, list(hand.middle))
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


# Pointer events as two fingers cause them; the tap before the pinch begins a stroke, which is to be taken back.
PINCH = """(canvas, [x, y]) => {
  const say = (type, id, dx, dy) => canvas.dispatchEvent(new PointerEvent(type, {
    pointerId: id, pointerType: "touch", isPrimary: id === 90, bubbles: true, clientX: x + dx, clientY: y + dy,
  }));
  const capture = Element.prototype.setPointerCapture;
  Element.prototype.setPointerCapture = () => undefined;  // no such pointer is there to be captured
  say("pointerdown", 90, -20, 60);
  say("pointermove", 90, -24, 62);
  say("pointerdown", 91, 20, 60);
  for (const step of [10, 30, 60]) { say("pointermove", 90, -20 - step, 60); say("pointermove", 91, 20 + step, 60); }
  say("pointerup", 91, 80, 60);
  say("pointermove", 90, 0, 0);
  say("pointerup", 90, 0, 0);
  Element.prototype.setPointerCapture = capture;
}"""


def test_every_tool_is_large_enough_for_a_finger(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    expect(page.get_by_role("slider")).to_be_visible()
    controls = page.get_by_role("complementary").locator("button, label, [role=slider]")
    assert controls.count() > 15
    for box in [control.bounding_box() for control in controls.all()]:
        assert box is not None
        assert min(box["width"], box["height"]) >= 24, box
