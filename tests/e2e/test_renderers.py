"""WebGL2 and canvas2D: the same masks to the bit, the same picture, and no stroke lost with the graphics card."""

import base64
import os
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Route, expect, sync_playwright
from sqlalchemy import select

from backend.db.tables import Mask, Read
from benchmarks.reading.browser import sign_in
from benchmarks.reading.house import Stack, open_stack
from tests.e2e.conftest import CHROMIUM, FLAGS

SIZE = 600
SOFTWARE = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
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


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Films larger than a pane is high, five masks on each."""
    with open_stack(tmp_path_factory.mktemp("renderers"), {SIZE: 3}) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium whose WebGL2 is computed by the processor: it is used only where it is asked for."""
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    flags = [flag for flag in FLAGS if flag != "--disable-gpu"] + SOFTWARE
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=flags + root)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def state(browser: Browser, stack: Stack) -> Any:
    """What a browser keeps of a reader who came in."""
    return sign_in(browser, stack.invite())


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
        self.page.context.close()
        assert self.broken == []


def deepen(route: Route) -> None:
    """The film with 16 bits a pixel, as a detector's."""
    body = route.fetch().body()
    wide = np.frombuffer(body[16:], np.uint8).astype("<u2") * 16
    header = body[:12] + (16).to_bytes(2, "little") + body[14:16]
    route.fulfill(body=header + wide.tobytes(), content_type="application/octet-stream")


def gestures(room: Room) -> None:
    """Every kind of edit, under changing views."""
    keys = room.page.keyboard
    keys.press("1")
    room.stroke(-150, -40, (120, 60))
    keys.press("e")
    room.stroke(-60, -60, (40, 80))
    keys.press("2")
    keys.press("l")
    room.lasso((-100, 0), (160, 130), (40, -90))
    room.lasso((30, -120), (-140, -60), (-60, 70))
    room.page.mouse.move(*room.middle)
    room.page.mouse.wheel(0, -400)
    keys.press("3")
    keys.press("s")
    room.stroke(-200, 10, (210, -35))
    keys.down("Space")
    room.stroke(0, 0, (-70, 44))
    keys.up("Space")
    keys.press("b")
    room.stroke(-90, 90, (30, -10))
    keys.press("4")
    for key in ("t", "ArrowRight", "ArrowRight", "ArrowRight"):
        keys.press(key)
    room.film.focus()
    for key in ("f", "=", "Control+z", "5", "-", "0"):
        keys.press(key)


def test_the_same_gestures_make_the_same_masks(browser: Browser, stack: Stack, state: Any) -> None:
    case = stack.cases(SIZE)[0]
    told = []
    for kind, cards in (("canvas2d", 0), ("webgl2", 1)):
        room = Room(browser, stack, state, kind, case)
        assert room.cards() == cards
        gestures(room)
        told.append(room.drafts(findings=5))
        room.close()
    assert told[0] == told[1]


def test_a_browser_that_is_told_nothing_does_not_draw_with_webgl2(browser: Browser, stack: Stack, state: Any) -> None:
    room = Room(browser, stack, state, None, stack.cases(SIZE)[0])
    assert room.cards() == 0
    room.close()


def zoomed(notches: int) -> Callable[[Room], None]:
    def zoom(room: Room) -> None:
        room.page.mouse.move(room.middle[0] - 60, room.middle[1] + 20)
        for _ in range(notches):
            room.page.mouse.wheel(0, -400)

    return zoom


def pressed(*keys: str) -> Callable[[Room], None]:
    def press(room: Room) -> None:
        for key in keys:
            room.page.keyboard.press(key)

    return press


def windowed(room: Room) -> None:
    room.page.mouse.move(*room.middle)
    room.page.mouse.down(button="right")
    room.page.mouse.move(room.middle[0] - 60, room.middle[1] + 30, steps=3)
    room.page.mouse.up(button="right")
    room.page.keyboard.press("i")


# What is changed, one after the other, before each picture.
SCENES: list[tuple[str, Callable[[Room], None]]] = [
    ("outlines of the whole film", pressed("3")),
    ("filled", pressed("c")),
    ("doubt", pressed("v")),
    ("one finding hidden, another said not to be there", pressed("v", "Shift+2", "4", "r")),
    ("enlarged", zoomed(1)),
    ("outlines, enlarged", pressed("c")),
    ("another window, inverted", windowed),
    ("the detector's pixels", zoomed(3)),
]


def test_both_renderers_show_the_same_picture(browser: Browser, stack: Stack, state: Any) -> None:
    """Lines may be smoothed otherwise: few pixels differ by much, and they are not paler on the whole."""
    case = stack.cases(SIZE)[1]
    pictures: list[list[NDArray[np.int16]]] = []
    for kind in ("canvas2d", "webgl2"):
        room = Room(browser, stack, state, kind, case)
        pictures.append([])
        for _, change in SCENES:
            change(room)
            pictures[-1].append(room.picture())
        room.close()
    for (name, _), ours, theirs in zip(SCENES, *pictures, strict=True):
        off = np.abs(ours - theirs).max(axis=2)
        told = (name, float(off.mean()), float((off > 32).mean()), float((ours - theirs).mean()))
        assert off.mean() < 1, told
        assert (off > 32).mean() < 0.005, told
        assert abs((ours - theirs).mean()) < 0.3, told
    same = [name for (name, _), one, next_one in zip(SCENES[1:], pictures[1], pictures[1][1:], strict=False)
            if np.array_equal(one, next_one)]  # fmt: skip
    assert same == []  # each scene has changed the picture


def interrupted(room: Room, interrupt: Callable[[], None]) -> None:
    """A stroke, another that something happens in the middle of, and one that is taken back."""
    x, y = room.middle
    room.page.keyboard.press("c")
    room.stroke(-150, -40, (120, 60))
    room.page.mouse.move(x - 100, y + 80)
    room.page.mouse.down()
    room.page.mouse.move(x - 20, y + 40, steps=2)
    interrupt()
    room.page.mouse.move(x + 90, y + 20, steps=3)
    room.page.mouse.up()
    room.stroke(-50, -150, (-40, -150))
    room.page.keyboard.press("Control+z")


def test_a_lost_card_takes_no_stroke_with_it(browser: Browser, stack: Stack, state: Any) -> None:
    case = stack.cases(SIZE)[2]
    plain = Room(browser, stack, state, "canvas2d", case)
    interrupted(plain, lambda: None)
    wanted, picture = plain.drafts(findings=1), plain.picture()
    plain.close()
    room = Room(browser, stack, state, "webgl2", case)

    def lose() -> None:
        assert room.cards() == 1
        room.page.evaluate("cards[0].getExtension('WEBGL_lose_context').loseContext()")
        expect(room.page.get_by_text("graphics card dropped out")).to_be_visible()
        assert room.cards() == 0

    interrupted(room, lose)
    kept = room.drafts(findings=1)
    assert kept == wanted
    assert np.array_equal(room.picture(), picture)  # canvas2D has gone on
    room.page.keyboard.press("a")
    expect(room.page.get_by_text("Saved", exact=True)).to_be_visible()
    room.close()
    with stack.database.transaction() as session:
        fix = session.scalars(select(Read).where(Read.case_id == case, Read.verdict == "fix")).one()
        saved = session.get_one(Mask, fix.mask_id)
        rle = {"size": [saved.height, saved.width], "counts": zlib.decompress(saved.counts).decode()}
        assert [mask["mask"] for mask in kept.values()] == [rle]


def test_a_lost_canvas_is_told_and_drawn_again(browser: Browser, stack: Stack, state: Any) -> None:
    room = Room(browser, stack, state, "canvas2d", stack.cases(SIZE)[0])
    before = room.picture()
    room.film.evaluate("canvas => canvas.dispatchEvent(new Event('contextlost', {cancelable: true}))")
    expect(room.page.get_by_text("lost the picture")).to_be_visible()
    room.film.evaluate("canvas => canvas.getContext('2d').reset()")
    room.film.evaluate("canvas => canvas.dispatchEvent(new Event('contextrestored'))")
    expect(room.page.get_by_text("lost the picture")).to_have_count(0)
    assert np.array_equal(room.picture(), before)
    room.close()


# What the film's canvas shows, taken while a pan goes on.
SHOWN = """canvas => new Promise(done => requestAnimationFrame(() => setTimeout(() => {
  const {width, height} = canvas;
  done([width, height, canvas.toDataURL("image/png").split(",")[1]]);
})))"""


def test_a_pan_shows_what_is_there_and_leaves_the_picture_of_a_film_that_never_moved(
    browser: Browser, stack: Stack, state: Any
) -> None:
    """While it pans a picture is carried along; at rest every pixel is as if all had been drawn anew: a grey between two
    may be rounded to the other one where the film lies elsewhere on its canvas."""
    for keys, notches in ((("1",), 0), (("c", "3"), 2)):
        room = Room(browser, stack, state, "canvas2d", stack.cases(SIZE)[1])
        for key in keys:
            room.page.keyboard.press(key)
        zoomed(notches)(room)
        start = room.picture()
        room.page.keyboard.press("y")
        room.page.mouse.move(*room.middle)
        room.page.mouse.down()
        for n in range(1, 12):  # far enough for another picture to be taken on the way
            room.page.mouse.move(room.middle[0] + 9 * n, room.middle[1] - 5 * n)
        png = np.frombuffer(base64.b64decode(room.film.evaluate(SHOWN)[2]), np.uint8)
        moving = np.asarray(cv2.imdecode(png, cv2.IMREAD_COLOR), np.int16)
        room.page.mouse.up()
        rested = room.picture()
        for lost in ("contextlost", "contextrestored"):
            room.film.evaluate("(canvas, lost) => canvas.dispatchEvent(new Event(lost, {cancelable: true}))", lost)
        assert np.abs(room.picture() - rested).max() <= 1
        assert not np.array_equal(start, rested)
        off = np.abs(moving - rested).max(axis=2)  # a strip is smoothed less while it moves
        assert (off > 32).mean() < 0.005, float((off > 32).mean())
        room.close()
