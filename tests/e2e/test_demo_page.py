"""The demo's last page: both arms with their intervals, what reading cost, what the gate let in, and the way on."""

import re

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from overread.db.tables import Audit
from overread.domain.imaging.beside import MACRO, Beside, Difference, Estimate
from overread.domain.words import Metric
from overread.services.films.projects import create_project
from overread.services.reports.demo import DemoReport, LetIn, Reading, write_demo
from overread.settings import Settings
from tests.e2e.axe import barriers
from tests.e2e.english import english
from tests.e2e.steps import enter
from tests.loop import FINDINGS, Loop

NETWORKS = ("teacher", "unread", "read")
PAIRS = (("unread", "teacher"), ("read", "teacher"), ("read", "unread"))


def around(value: float) -> dict[Metric, Estimate]:
    """Both scores, a point apart, each a point of a hundred and a half either way."""
    scores: tuple[Metric, ...] = ("d_auc", "dice")
    return {
        score: Estimate(value - 0.01 * place, value - 0.01 * place - 0.015, value - 0.01 * place + 0.015)
        for place, score in enumerate(scores)
    }


def ended(loop: Loop, settings: Settings) -> None:
    """A demo that has ended in this installation's data folder, with the rows of the loop as its read arm."""
    with loop.database.transaction() as session:
        audit_id = session.scalars(select(Audit.id)).one()
    scores = {name: {f: around(0.8 + 0.02 * n) for f in (*FINDINGS, MACRO)} for n, name in enumerate(NETWORKS)}
    changes = [Difference(of, since, {MACRO: around(0.02 * n)}) for n, (of, since) in enumerate(PAIRS)]
    let_in = (LetIn("consolidation", 40, 31, False), LetIn("nodule", 12, 0, True))
    told = Beside(120, 120, scores, tuple(changes))
    reading = Reading(99, 800, 198, 70, 2400.1)
    write_demo(
        settings.data_folder,
        DemoReport(0, "a" * 64, loop.project_id, loop.project_id, audit_id, told, reading, let_in),
    )


def rows(part: Locator) -> list[str]:
    """The lines of a part's table, its cells with a bar between them."""
    part.get_by_role("button", name="Table").click()
    return [" | ".join(row.get_by_role("cell").all_inner_texts()) for row in part.get_by_role("row").all()[1:]]


def test_what_reading_was_worth_is_drawn_told_and_leads_on(
    page: Page, site: str, loop: Loop, settings: Settings
) -> None:
    enter(page, site, loop)
    with loop.database.transaction() as session:
        create_project(session, "demo, unread", FINDINGS)
    page.goto(f"{site}/demo")
    expect(page.get_by_role("heading", name="No demo has ended here yet")).to_be_visible()
    ended(loop, settings)
    page.goto(site)
    page.get_by_role("link", name="What reading was worth in the demo").click()
    expect(page.get_by_text("after 99 of the films had been read")).to_be_visible()
    expect(page.get_by_text("Reading took 40 minutes")).to_be_visible()
    changes = page.get_by_role("region", name="Change on the external films")
    assert drawn(changes) == (6, 6)  # three differences of two scores, each with its interval
    assert rows(changes)[:3] == [
        "student, unread − teacher | D-AUC | 0 | -1.5 | 1.5",
        "student, read and gated − teacher | D-AUC | 2 | 0.5 | 3.5",
        "student, read and gated − student, unread | D-AUC | 4 | 2.5 | 5.5",
    ]
    scores = page.get_by_role("region", name="Scores by finding")
    assert drawn(scores) == (18, 18)  # three networks, five findings and their mean
    page.get_by_text("Dice*", exact=True).last.click()
    expect(scores.get_by_role("img", name="Scores by finding: Dice*").locator("svg").last).to_be_visible()
    assert rows(scores)[0] == "teacher | Mean | 79 | 77.5 | 80.5"
    gate = page.get_by_role("region", name="What the gate let in").get_by_role("row")
    expect(gate.nth(1)).to_have_text(re.compile("Consolidation.*40.*31"))
    expect(gate.nth(2)).to_have_text(re.compile("Nodule.*12.*withheld"))
    assert barriers(page) == []
    page.get_by_role("link", name="its audit").click()
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()


def drawn(part: Locator) -> tuple[int, int]:
    """How many dots and how many intervals a part's picture has."""
    dots = part.locator("svg circle")
    expect(dots.first).to_be_visible()
    return dots.count(), part.locator('svg g[stroke-width="2"] line, svg g[stroke-width="1.5"] line').count()


def test_the_pages_of_what_was_measured_fit_a_telephone(page: Page, site: str, loop: Loop, settings: Settings) -> None:
    ended(loop, settings)
    enter(page, site, loop)
    page.set_viewport_size({"width": 390, "height": 844})
    for path, part in {"/demo": "Change on the external films", "/promise": "What minutes of reading come to"}.items():
        page.goto(f"{site}{path}")
        expect(page.get_by_role("region", name=part).locator("svg").last).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        for svg in page.locator('[role="img"] svg').all():
            assert unreadable(svg) == []
    page.get_by_role("combobox", name="Language").select_option("ko")
    expect(page.get_by_role("heading", name="약속을 재다")).to_be_visible()
    assert english(page) == []


def unreadable(svg: Locator) -> list[str]:
    """Words of a picture that reach beyond it, or lie over others."""
    found: list[str] = svg.evaluate(
        """(svg) => {
          const frame = svg.getBoundingClientRect();
          const words = [...svg.querySelectorAll("text")].map((text) => [text.getBoundingClientRect(), text]);
          const beyond = ([own]) =>
            own.left < frame.left - 1 || own.right > frame.right + 1 || own.bottom > frame.bottom + 1;
          const over = ([own, text]) => words.some(([other, another]) => another !== text &&
            Math.min(own.right, other.right) - Math.max(own.left, other.left) > 2 &&
            Math.min(own.bottom, other.bottom) - Math.max(own.top, other.top) > 4);
          return words.filter((one) => beyond(one) || over(one)).map(([, text]) => text.textContent);
        }"""
    )
    return found
