"""What is timed in the browser: opening a case, moving a brush, a slider and the film, the next case, 200 in a row."""

from collections.abc import Iterator
from statistics import median, quantiles
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.goals import Goal
from benchmarks.reading.browser import HD, UHD, noted, open_page
from benchmarks.reading.installation import Stack

FRAME = 1000 / 60
FPS = """(() => {
  const at = probe.paints.filter((now, i, all) => i === 0 || now - all[i - 1] > 4);
  return at.length < 2 ? 0 : 1000 * (at.length - 1) / (at.at(-1) - at[0]);
})()"""
# The case after the one at hand has been laid out since A was pressed last.
READY = """() => performance.getEntriesByName("next case ready").some(mark => mark.startTime > (probe.key ?? 0))"""
# What the last save and the last claim took, as the page saw it.
SERVER = """["/reads", "/claim"].reduce((sum, end) => sum + performance.getEntriesByType("resource")
  .filter(entry => entry.name.endsWith(end)).at(-1).duration, 0)"""
Viewport = dict[str, int]
Numbers = tuple[str, dict[str, float], list[Goal]]


def opening(browser: Browser, stack: Stack, state: Any, size: int, repeats: int) -> Numbers:
    """Milliseconds from the navigation of a new browser to the first pixel, to the whole case, to the verdict bar."""
    found: dict[str, list[float]] = {"first pixel ms": [], "full case ms": [], "interactive ms": []}
    case = stack.cases(size)[0]
    for _ in range(repeats):
        with open_page(browser, state, HD) as page:
            page.goto(f"{stack.url}/audits/{stack.audits[size]}/read?case={case}")
            found["full case ms"].append(noted(page, "full"))
            found["first pixel ms"].append(noted(page, "pixel"))
            found["interactive ms"].append(max(noted(page, "bar"), noted(page, "pixel")))
    numbers = {name: median(values) for name, values in found.items()}
    goals = [Goal("read page interactive, ms", numbers["interactive ms"], 1000, least=False)] if size == 512 else []
    return f"open {size} px", numbers, goals


def moving(browser: Browser, stack: Stack, state: Any, size: int, moves: int, viewport: Viewport) -> Numbers:
    """Event → frame of brush, slider and pan on one film, and the frames a second of the pan."""
    word = "4K" if viewport is UHD else "1080p"
    with open_page(browser, state, viewport) as page:
        page.goto(f"{stack.url}/audits/{stack.audits[size]}/read?case={stack.cases(size)[0]}")
        noted(page, "full")
        box = page.locator(".film canvas").bounding_box()
        slider = page.get_by_role("slider").bounding_box()
        if box is None or slider is None:
            raise RuntimeError("the page has no film or no slider to move on")
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        brush = drag(page, moves, middle, (box["width"] / 400, box["height"] / 600))
        thumb = (slider["x"] + slider["width"] / 2, slider["y"] + slider["height"] / 2)
        slide = drag(page, moves, thumb, (-1.5, 0))
        page.keyboard.down("Space")
        page.mouse.move(*middle)
        pan = drag(page, moves, middle, (2, 1))
        page.keyboard.up("Space")
        # Frames, however many layers each was drawn from.
        rate = page.evaluate(FPS)
    numbers = {f"{name} ms": median(values) for name, values in (("brush", brush), ("slider", slide), ("pan", pan))}
    numbers |= {
        "brush p95 ms": quantiles(brush, n=20)[-1],
        "slider p95 ms": quantiles(slide, n=20)[-1],
        "pan fps": rate,
    }
    goals = []
    if size == 2500 and word == "1080p":
        goals = [
            Goal(f"{name} at 2500 px, frames", numbers[f"{name} ms"] / FRAME, 2, least=False)
            for name in ("brush", "slider")
        ]
    if size == 2500 and word == "4K":
        goals = [Goal("pan at 4K, fps", rate, 30)]
    return f"move {size} px, {word}", numbers, goals


def drag(page: Page, moves: int, start: tuple[float, float], step: tuple[float, float]) -> list[float]:
    """Milliseconds from each move to its frame."""
    page.mouse.move(*start)
    page.mouse.down()
    page.evaluate("probe.events = []; probe.paints = []; probe.timing = true;")
    for n in range(1, moves + 1):
        page.mouse.move(start[0] + n * step[0], start[1] + n * step[1])
    page.wait_for_timeout(100)
    page.evaluate("probe.timing = false")
    page.mouse.up()
    page.wait_for_timeout(300)
    return list(page.evaluate("probe.events"))


def next_case(browser: Browser, stack: Stack, state: Any, size: int, cases: int) -> Numbers:
    """Milliseconds from A to the next film on the screen, when it was laid out ahead, and to its being the reader's, to
    be drawn on; beside them, what save and claim take."""
    with open_page(browser, state, HD) as page:
        page.goto(f"{stack.url}/audits/{stack.audits[size]}/read?case={stack.cases(size)[0]}")
        found = list(accept(page, cases))
        server = page.evaluate(SERVER)
    shown, held = ([times[n] for times in found] for n in (0, 1))
    goals = [Goal(f"next case at {size} px, ms", median(shown), 100, least=False)]
    numbers = {"next ms": median(shown), "slowest ms": max(shown), "held ms": median(held), "save and claim ms": server}
    return f"next {size} px", numbers, goals


def accept(page: Page, cases: int) -> Iterator[tuple[float, float]]:
    """Press A on case after case, each whole and the one after it laid out; what next and held took."""
    for _ in range(cases):
        page.locator(".side:not([inert])").get_by_role("slider").wait_for()
        page.wait_for_function(READY, timeout=120_000)
        while True:  # a mask that nobody has looked at is gone to first
            page.locator("button.loud[aria-disabled=false]").wait_for()
            left = page.locator("button.loud").get_attribute("data-left")
            page.keyboard.press("a")
            if left == "0":
                break
            page.locator(f'button.loud:not([data-left="{left}"])').wait_for()
        yield noted(page, "next"), noted(page, "held")


def in_a_row(browser: Browser, stack: Stack, state: Any, size: int, cases: int) -> Numbers:
    """After a tenth of the cases and after all of them: MiB of the page's memory, buffers included, once what nobody
    holds is gone; nodes of the page, and listeners."""
    with open_page(browser, state, HD) as page:
        page.goto(f"{stack.url}/audits/{stack.audits[size]}/read?case={stack.cases(size)[0]}")
        read = [None for _ in accept(page, max(1, cases // 10))]
        before, nodes, listeners = grown(page)
        read += [None for _ in accept(page, cases - len(read))]
        after, more_nodes, more_listeners = grown(page)
    numbers = {"cases": len(read), "MiB before": before, "MiB after": after, "nodes before": nodes}
    numbers |= {"nodes after": more_nodes, "listeners before": listeners, "listeners after": more_listeners}
    goals = [
        Goal(f"memory after {cases} cases ÷ after a tenth", after / before, 1.1, False),
        Goal(f"nodes after {cases} cases ÷ after a tenth", more_nodes / nodes, 1.1, False),
        Goal(f"listeners after {cases} cases ÷ after a tenth", more_listeners / listeners, 1.1, False),
    ]
    return f"{cases} in a row", numbers, goals


def grown(page: Page) -> tuple[float, float, float]:
    """MiB, nodes and listeners of a page at rest, its next case made ready."""
    page.locator(".side:not([inert])").get_by_role("slider").wait_for()
    page.wait_for_function(READY, timeout=120_000)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")
    metrics = {row["name"]: row["value"] for row in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    mebibytes = float(used["usedSize"] + used.get("backingStorageSize", 0)) / 2**20
    return mebibytes, float(metrics["Nodes"]), float(metrics["JSEventListeners"])
