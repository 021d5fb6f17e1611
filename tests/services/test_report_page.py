"""The report: one file that needs nothing else, hostile words harmless, every override on it for ever."""

import re
from html.parser import HTMLParser

import pytest
from sqlalchemy import text

from backend.db.tables import Iteration
from backend.domain.errors import GateShut, NotFound
from backend.services import certificates, reports
from backend.services.report_page import report_html
from tests.loop import Loop
from tests.services.test_loop import audited, read_all

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


def test_an_iteration_is_found_by_its_number(loop: Loop) -> None:
    iteration, _ = audited(loop)
    with loop.database.transaction() as session:
        assert reports.find_iteration(session, loop.project_id, None).id == iteration.id
        assert reports.find_iteration(session, loop.project_id, 0).id == iteration.id
        with pytest.raises(NotFound):
            reports.find_iteration(session, loop.project_id, 7)
