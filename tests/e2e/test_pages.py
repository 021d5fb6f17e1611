"""The pages around the reading room: where one is, and a server that is away."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from overread.api import health
from overread.db.tables import Job
from overread.services.jobs import create_job
from tests.e2e.steps import enter
from tests.loop import Loop


def test_a_silent_server_is_told_until_it_answers(page: Page, site: str, loop: Loop) -> None:
    enter(page, site, loop)
    page.route("**/api/v1/**", lambda route: route.abort())
    expect(page.get_by_text("what is shown may be out of date")).to_be_visible()
    page.unroute("**/api/v1/**")
    expect(page.get_by_text("what is shown may be out of date")).to_have_count(0)


def test_what_is_not_there_is_said_once_and_offers_no_second_try(page: Page, site: str, loop: Loop) -> None:
    enter(page, site, loop)
    page.goto(f"{site}/audits/999")
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_role("alert")).to_contain_text("There is no audit 999.")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    page.goto(f"{site}/projects/abc")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_what_keeps_people_from_working_is_told_until_it_is_over(
    page: Page, site: str, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bar = page.get_by_role("banner").get_by_role("status")
    enter(page, site, loop)
    expect(bar).to_have_text("")
    with loop.database.transaction() as session:
        create_job(session, "pretrain", loop.project_id, encoder_id=0)
    expect(bar).to_have_text("No worker is running: jobs wait.")
    monkeypatch.setattr(health, "space_at", lambda *_: (0, 1))
    expect(bar).to_contain_text("The disk is full")
    page.get_by_role("combobox", name="Language").select_option("ko")
    expect(bar).to_contain_text("디스크가 가득 찼습니다")
    monkeypatch.undo()
    with loop.database.transaction() as session:
        session.execute(update(Job).values(state="cancelled"))
    expect(bar).to_have_text("")
