"""The reading room on one film, in a browser of its own, drawn by one renderer."""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Route, expect

from benchmarks.reading.installation import Stack

SIZE = 600
# The WebGL2 contexts of a page are kept in sight, to be lost on purpose.
CARDS = """
window.cards = [];
const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (...given) {
  const context = get.apply(this, given);
  if (given[0] === "webgl2" && context && !cards.includes(context)) cards.push(context);
  return context;
};
"""
DRAFTS = """() => new Promise(done => {
  const opening = indexedDB.open("overread");
  opening.onsuccess = () => {
    const asking = opening.result.transaction("drafts").objectStore("drafts").getAll();
    asking.onsuccess = () => { opening.result.close(); done(asking.result.map(draft => draft.masks)); };
  };
})"""


class Room:
    """The reading room on one film, in a browser of its own, drawn by one renderer (None: as the browser chooses)."""

    def __init__(self, browser: Browser, stack: Stack, state: Any, kind: str | None, case: int) -> None:
        context = browser.new_context(viewport={"width": 840, "height": 580}, storage_state=state)
        self.page = context.new_page()
        self.broken: list[str] = []
        self.page.on("pageerror", lambda error: self.broken.append(str(error)))
        self.page.add_init_script(CARDS)
        self.page.route("**/pixels", deepen)
        self.page.goto(
            f"{stack.url}/audits/{stack.audits[SIZE]}/read?case={case}" + (f"&renderer={kind}" if kind else "")
        )
        expect(self.page.get_by_role("slider")).to_be_visible()
        self.film = self.page.locator(".film > canvas")
        box = self.film.bounding_box()
        assert box is not None
        self.middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def picture(self) -> NDArray[np.int16]:
        self.page.mouse.move(2, 2)
        self.page.wait_for_timeout(400)  # a view at rest is drawn finely
        png = np.frombuffer(self.film.screenshot(), np.uint8)
        return np.asarray(cv2.imdecode(png, cv2.IMREAD_COLOR), np.int16)

    def stroke(self, dx: float, dy: float, to: tuple[float, float]) -> None:
        x, y = self.middle
        self.page.mouse.move(x + dx, y + dy)
        self.page.mouse.down()
        self.page.mouse.move(x + to[0], y + to[1], steps=5)
        self.page.mouse.up()

    def lasso(self, *corners: tuple[float, float]) -> None:
        x, y = self.middle
        self.page.mouse.move(x + corners[0][0], y + corners[0][1])
        self.page.mouse.down()
        for dx, dy in corners[1:]:
            self.page.mouse.move(x + dx, y + dy, steps=4)
        self.page.mouse.up()

    def cards(self) -> int:
        return int(self.page.evaluate("cards.filter(card => !card.isContextLost()).length"))

    def drafts(self, findings: int) -> dict[str, Any]:
        """The masks that this browser keeps, once those of so many findings are there and the last gesture is in."""
        before = None
        for _ in range(60):
            self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # it writes what it has at once
            self.page.wait_for_timeout(300)
            now = self.page.evaluate(DRAFTS)
            if now == before and now and len(now[0]) == findings:
                return dict(now[0])
            before = now
        pytest.fail(f"the drafts are of {[list(masks) for masks in before or []]}")

    def close(self) -> None:
        self.page.unroute_all(behavior="ignoreErrors")  # the film after this one may be on its way
        self.page.context.close()
        assert self.broken == []


def deepen(route: Route) -> None:
    """The film with 16 bits a pixel, as a detector's."""
    body = route.fetch().body()
    wide = np.frombuffer(body[16:], np.uint8).astype("<u2") * 16
    header = body[:12] + (16).to_bytes(2, "little") + body[14:16]
    route.fulfill(body=header + wide.tobytes(), content_type="application/octet-stream")
