"""Chromium with a probe in each page that notes when what was asked for is on the screen."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
HD, UHD = {"width": 1920, "height": 1080}, {"width": 3840, "height": 2160}

# A frame is on its way to the screen once the task after its animation frame runs.
PROBE = """
window.probe = {paints: [], events: []};
const onFilm = canvas => canvas.parentElement && canvas.parentElement.className === "film";
const shown = () => new Promise(done => requestAnimationFrame(() => {
  const {port1, port2} = new MessageChannel();
  port1.onmessage = () => done(performance.now());
  port2.postMessage(0);
}));
const drawn = new WeakSet();
const draw = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (...given) {
  if (onFilm(this.canvas)) {
    probe.paints.push(performance.now());
    if (!probe.pixel) { probe.pixel = 1; shown().then(at => { probe.pixel = at; }); }
  }
  drawn.add(this.canvas);
  return draw.apply(this, given);
};
const film = () => document.querySelector(".film > canvas");
// From a press of A: to the next film with its masks on the screen, and to its being the reader's, to be drawn on.
const follow = () => {
  const now = film();
  if (now && drawn.has(now) && now.getAttribute("aria-label") !== probe.label) {
    const since = probe.key;
    if (!probe.next) { probe.next = 1; shown().then(at => { probe.next = at - since; }); }
    if (!document.querySelector(".side[inert]")) { shown().then(at => { probe.held = at - since; }); return; }
  }
  requestAnimationFrame(follow);
};
const look = (name, selector) => {
  if (!probe[name] && document.querySelector(selector)) { probe[name] = 1; shown().then(at => { probe[name] = at; }); }
};
new MutationObserver(() => { look("full", "[role=slider]"); look("bar", "[aria-label=Verdict]"); })
  .observe(document, {childList: true, subtree: true});
addEventListener("pointermove", event => {
  if (probe.timing) shown().then(at => probe.events.push(at - event.timeStamp));
}, true);
addEventListener("keydown", event => {
  if (event.key === "a") {
    probe.next = probe.held = 0; probe.key = event.timeStamp;
    probe.label = film().getAttribute("aria-label");
    follow();
  }
}, true);
"""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium without a GPU, as on the machine of a reader who has none."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        raise FileNotFoundError("The benchmark needs Chromium: apt-get install chromium, or set CHROMIUM.")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS + root)
        yield browser
        browser.close()


@contextmanager
def open_page(browser: Browser, state: Any, viewport: dict[str, int]) -> Iterator[Page]:
    """A page of a browser that was never here, signed in by ``state``."""
    context = browser.new_context(
        storage_state=state, viewport={"width": viewport["width"], "height": viewport["height"]}
    )
    context.add_init_script(PROBE)
    yield context.new_page()
    context.close()


def sign_in(browser: Browser, link: str) -> Any:
    """Come in by a one-time link; what the browser keeps of it."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.wait_for_url(lambda url: "/sign-in" not in url)
    state = context.storage_state()
    context.close()
    return state


def noted(page: Page, name: str) -> float:
    """What the probe noted under this name, once it has."""
    page.wait_for_function("name => probe[name] > 1", arg=name, timeout=120_000)
    return float(page.evaluate("name => probe[name]", name))
