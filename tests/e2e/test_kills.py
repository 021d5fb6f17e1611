"""Whatever dies in the middle of a read, at most the stroke in hand is lost, and "Saved" is said of nothing else."""

import os
import random
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, BrowserType, expect, sync_playwright
from sqlalchemy import select

from overread.db.tables import Mask, Read
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.service import Service
from tests.e2e.steps import LISTEN, accept, area, crash, enter, open_first_case
from tests.loop import Loop

KILLS = int(os.environ.get("KILLS", "6"))  # by night: thousands
ENDS = ("close", "crash", "browser", "server")


class Chromium:
    """A browser with a folder of its own, which a kill leaves behind."""

    def __init__(self, kind: BrowserType, folder: Path) -> None:
        self.kind, self.folder = kind, folder
        self.heard: list[str] = []
        self.context = self._launch()

    def _launch(self) -> BrowserContext:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        context = self.kind.launch_persistent_context(
            str(self.folder), executable_path=CHROMIUM, args=FLAGS + root, viewport={"width": 1280, "height": 800}
        )
        context.expose_function("heard", lambda said: self.heard.append(said))  # noqa: PLW0108 (Playwright marks its handlers, and a builtin takes no mark)
        context.add_init_script(LISTEN)
        return context

    def kill(self) -> None:
        """SIGKILL, as the machine's own killer of those who take too much memory; then it is started anew."""
        mine = f"--user-data-dir={self.folder}"
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_text().split("\0")
            except OSError:
                continue
            if mine in words and not any(word.startswith("--type=") for word in words):
                with self.context.expect_event("close"):
                    os.kill(int(entry.name), signal.SIGKILL)
        self.context = self._launch()


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Chromium]:
    with sync_playwright() as playwright:
        opened = Chromium(playwright.chromium, tmp_path / "browser")
        yield opened
        opened.context.close()


class Reader:
    """Draws, and remembers what they drew on the film at hand."""

    def __init__(self, chromium: Chromium, service: Service, loop: Loop, rng: random.Random) -> None:
        self.chromium, self.service, self.loop, self.rng = chromium, service, loop, rng
        self.areas: list[int] = []
        self.page = chromium.context.new_page()
        open_first_case(self.page, loop, service.url)
        self.film = self._film()
        self.areas = [area(self.page)]

    def _film(self) -> int:
        expect(self.page).to_have_url(re.compile(r"case=\d+"))
        return int(self.page.url.split("case=")[1])

    def line(self, up: bool) -> None:
        """One stroke somewhere, ended or not."""
        box = self.page.locator(".film canvas").bounding_box()
        assert box is not None
        x, y = (box[a] + box[b] * self.rng.uniform(0.3, 0.7) for a, b in (("x", "width"), ("y", "height")))  # type: ignore[literal-required]
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + self.rng.uniform(-90, 90), y + self.rng.uniform(-90, 90), steps=3)
        if up:
            self.page.mouse.up()
            self.areas.append(area(self.page))

    def end(self, how: str) -> None:
        """The page, its renderer, the browser or the server goes away; then the reader comes back."""
        if how == "server":
            self.service.stop()
            self.line(up=True)
            accept(self.page)
            expect(self.page.get_by_text("the server does not answer")).to_be_visible()
            assert self._film() == self.film
            self.page.close()
            self.service.start()
        elif how == "close":
            self.page.close()
        elif how == "crash":
            crash(self.page)
        else:
            self.chromium.kill()
        self.page = self.chromium.context.new_page()
        if how == "browser":
            enter(self.page, self.service.url, self.loop)

    def come_back(self, allowed: set[int]) -> None:
        """Where was I? At the film with the strokes; or, if it was sent, at another one, and it is in the database."""
        self.page.goto(f"{self.service.url}/audits/1/read")
        expect(self.page.get_by_role("slider")).to_be_visible()
        film = self._film()
        if film == self.film:
            self.areas = [area(self.page)]
            assert self.areas[0] in allowed
            return
        assert self.saved(self.film) & allowed
        self.film, self.areas = film, [area(self.page)]

    def saved(self, film: int) -> set[int]:
        """What the database has of a film: its masks' pixels, and 0 where a read has no mask."""
        with self.loop.database.transaction() as session:
            query = select(Mask.area).select_from(Read).outerjoin(Mask, Mask.id == Read.mask_id)
            rows = session.scalars(query.where(Read.case_id == film, ~Read.sibling)).all()
        return {found or 0 for found in rows}


def test_at_most_the_stroke_in_hand_is_lost(chromium: Chromium, service: Service, loop: Loop) -> None:
    rng = random.Random(20)
    reader = Reader(chromium, service, loop, rng)
    ends = [ENDS[n % len(ENDS)] for n in range(KILLS)]
    rng.shuffle(ends)
    for how in ends:
        for _ in range(rng.randint(1, 4)):
            reader.line(up=True)
        if rng.random() < 0.5:
            expect(reader.page.get_by_text("Kept here", exact=True)).to_be_visible()
            reader.page.wait_for_timeout(500)
            reader.line(up=False)  # in hand: this one may go
            allowed = {reader.areas[-1]}
        else:
            reader.page.wait_for_timeout(rng.uniform(0, 200))
            allowed = set(reader.areas[-2:])
        before = len(chromium.heard)
        reader.end(how)
        if how == "server":
            assert "Saved" not in chromium.heard[before:]
            allowed = {reader.areas[-1]}
        reader.come_back(allowed)
    reader.line(up=True)
    drawn = reader.areas[-1]
    before = len(chromium.heard)
    accept(reader.page)
    expect(reader.page.get_by_text("Saved", exact=True)).to_be_visible()
    assert "Saved" in chromium.heard[before:]
    assert drawn in reader.saved(reader.film)
