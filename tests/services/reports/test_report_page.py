"""The report: one file that needs nothing else, hostile words harmless, every override on it for ever."""

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import text

from overread.db.tables import Iteration
from overread.domain.errors import GateShut, NotFound
from overread.domain.imaging.evaluation import EnsembleMetrics, FindingMetrics, MacroMetrics
from overread.domain.policy.statements import STATEMENTS, as_markdown, in_report
from overread.services.estimates import certificates
from overread.services.labelling.evaluation import record_evaluation
from overread.services.reports import report
from overread.services.reports.html_page import report_html
from tests.loop import Loop
from tests.reading import audited, claim, read_all, read_case

HOSTILE = "<img src=x onerror=alert(1)>&\"'"


class Page(HTMLParser):
    """The tags of a page and what they point at."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        assert not [name for name, _ in attrs if name.startswith("on")]


class Tables(HTMLParser):
    """The rows of each table of a page, headers first, by the title above it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[list[str]]]] = []
        self.title, self.inside = "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.found.append((self.title, []))
        elif tag == "tr":
            self.found[-1][1].append([])
        elif tag in ("td", "th"):
            self.found[-1][1][-1].append("")
        if tag in ("td", "th", "h2"):
            self.inside = tag
            self.title = "" if tag == "h2" else self.title

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag == self.inside else self.inside

    def handle_data(self, data: str) -> None:
        if self.inside == "h2":
            self.title += data
        elif self.inside:
            self.found[-1][1][-1][-1] += data


def numbers_of(page: str) -> set[tuple[str, str]]:
    """The names that each number of the report's tables goes by: its column's, and its row's."""
    named = set()
    for title, (names, *rows) in Tables(page).found:
        if title not in ("What these numbers are", "Lineage"):
            for row in rows:
                named |= {(name, row[0]) for name, cell in zip(names, row, strict=True) if re.search(r"\d", cell)}
                named |= {(row[-1], row[-1])} if title == "The pool, by the audit" else set()  # by which method
    return named


def page_of(loop: Loop, iteration: Iteration) -> str:
    with loop.database.transaction() as session:
        return report_html(session, loop.blobs, session.get_one(Iteration, iteration.id))


def test_a_report_needs_nothing_else_and_keeps_every_override(loop: Loop) -> None:
    with loop.database.transaction() as session:
        session.execute(text("update account set name = :name"), {"name": HOSTILE})
        session.execute(text("update project set name = :name"), {"name": HOSTILE})
        session.execute(text("update source set licence = :name"), {"name": HOSTILE})
    iteration, audit_id = audited(loop, measure=8, fix=0)
    with loop.database.transaction() as session:
        session.execute(text("update image set file_name = file_name || :name"), {"name": HOSTILE})
    early = page_of(loop, iteration)
    assert "Nobody has read this audit yet" in early
    assert "0 of" in early
    read_all(loop, audit_id)
    with pytest.raises(GateShut):
        loop.launch(alpha=0.9)
    with loop.database.transaction() as session:
        certificates.confirm(session, session.get_one(Iteration, iteration.id), 0.4, 0.05, loop.account_id)
    second = loop.launch(override=f"because {HOSTILE}")
    page = page_of(loop, iteration)
    told = Page(page)
    assert HOSTILE not in page
    assert not set(told.tags) & {"script", "link", "iframe", "object", "form", "input"}
    assert told.links
    assert all(link.startswith("data:image/png;base64,") for link in told.links)
    for word in ("What was trained on", "Worst cases", "Typical cases", "not certified", "certified-error", "Lineage"):
        assert word in page
    assert iteration.training_set_sha256 in page
    assert page.count("was shut and opened by") == 1
    assert page_of(loop, second).count("was shut and opened by") == 1  # on every later report
    assert re.search(r"\d\.\d{3} \(\d\.\d{3}–\d\.\d{3}\)", page)


def test_every_number_of_a_report_says_what_it_is(loop: Loop) -> None:
    """While it is read, and at its end; a number with a name that no statement covers is found."""
    loop.label(loop.launch(min_reads=0, holdout=4))
    iteration, audit_id = audited(loop, measure=8, sentinel=4, wrong=0.3, override="to compare with")
    covered = {name for one in in_report() for name in one.covers}
    early = page_of(loop, iteration)
    while (case := claim(loop, audit_id)) is not None:
        read_case(loop, case, "fix" if case.id % 2 else "accept")
    with loop.database.transaction() as session:
        row = session.get_one(Iteration, iteration.id)
        certificates.confirm(session, row, 0.4, 0.05, loop.account_id)
        scored = FindingMetrics(3, 2, 5, 128, d_auc=0.5, dice=0.5, sensitivity=1.0, specificity=0.5)
        record_evaluation(session, row, {"external": EnsembleMetrics({"nodule": scored}, MacroMetrics(d_auc=0.5))})
    for page in (early, page_of(loop, iteration)):
        numbers = numbers_of(page)
        assert len(numbers) > 10
        assert [names for names in numbers if not covered & set(names)] == []
        assert all(one.guarantee in unescape(page) for one in in_report())
    assert {("d_auc", "nodule"), ("stratified", "stratified")} <= numbers


def test_the_page_of_numbers_is_what_the_statements_say() -> None:
    page = (Path(__file__).parents[3] / "docs" / "numbers.md").read_text()
    assert as_markdown() in page
    names = [one.number for one in STATEMENTS]
    assert len(set(names)) == len(names)
    assert all(all(vars(one)[name] for name in ("population", "sampling", "guarantee", "silent")) for one in STATEMENTS)


def test_an_iteration_is_found_by_its_number(loop: Loop) -> None:
    iteration, _ = audited(loop)
    with loop.database.transaction() as session:
        assert report.find_iteration(session, loop.project_id, None).id == iteration.id
        assert report.find_iteration(session, loop.project_id, 0).id == iteration.id
        with pytest.raises(NotFound):
            report.find_iteration(session, loop.project_id, 7)
