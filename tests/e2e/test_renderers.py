"""WebGL2 and canvas2D: the same masks to the bit, the same picture, and no stroke lost with the graphics card."""

import base64
import os
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy import select

from benchmarks.reading.browser import sign_in
from benchmarks.reading.installation import Stack, open_stack
from overread.db.tables import Mask, Read
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.room import SIZE, Room
from tests.e2e.steps import accept

SOFTWARE = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]


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
        assert (off > 32).mean() < 0.01, told  # a film with five findings is full of lines
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
    accept(room.page)
    expect(room.page.get_by_text("Saved", exact=True)).to_be_visible()
    room.close()
    with stack.database.transaction() as session:
        fix = session.scalars(select(Read).where(Read.case_id == case, Read.verdict == "fix")).one()
        saved = session.get_one(Mask, fix.mask_id)
        rle = {"size": [saved.height, saved.width], "counts": saved.counts}
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


# What the film's canvas shows with each frame of a pan.
FRAMES = """canvas => {
  window.frames = [];
  canvas.addEventListener("pointermove", () => requestAnimationFrame(() => setTimeout(() => {
    window.frames.push(canvas.toDataURL("image/png").split(",")[1]);
  })));
}"""


def test_a_pan_shows_what_is_there_and_leaves_the_picture_of_a_film_that_never_moved(
    browser: Browser, stack: Stack, state: Any
) -> None:
    """While it pans a picture is carried along. At rest all is as if drawn anew; a grey between two may be rounded to
    the other one, as the film lies elsewhere on its canvas."""
    for keys, notches in ((("1",), 1), (("c", "3"), 2)):
        room = Room(browser, stack, state, "canvas2d", stack.cases(SIZE)[1])
        for key in (*keys, "y"):
            room.page.keyboard.press(key)
        zoomed(notches)(room)
        start = room.picture()
        room.page.mouse.move(*room.middle)
        room.page.mouse.down()
        room.film.evaluate(FRAMES)
        for n in range(1, 11):  # far enough for another picture to be taken on the way, and to be carried
            room.page.mouse.move(room.middle[0] + 9 * n, room.middle[1] - 5 * n)
        room.page.wait_for_function("window.frames.length >= 10")
        room.page.mouse.up()
        rested = room.picture()
        for lost in ("contextlost", "contextrestored"):
            room.film.evaluate("(canvas, lost) => canvas.dispatchEvent(new Event(lost, {cancelable: true}))", lost)
        assert np.abs(room.picture() - rested).max() <= 1
        assert not np.array_equal(start, rested)
        png = np.frombuffer(base64.b64decode(room.page.evaluate("window.frames[9]")), np.uint8)
        moving = np.asarray(cv2.imdecode(png, cv2.IMREAD_COLOR), np.int16)
        off = np.abs(moving - rested).max(axis=2)  # a strip is smoothed less while it moves
        assert (off > 8).mean() < 0.001, float((off > 8).mean())
        room.close()
