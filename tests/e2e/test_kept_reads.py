"""No read is lost or doubled: a silent server, a reload, a sign-out midway, two tabs, a hand on the wrong key."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from backend.db.tables import Read
from backend.services import accounts
from tests.e2e.steps import open_first_case, stroke
from tests.loop import Loop


def counted(loop: Loop, page: Page, wanted: int = 1) -> list[Read]:
    """The fixes that count, once there are as many as wanted."""
    for _ in range(100):
        with loop.database.transaction() as session:
            fixes = list(session.scalars(select(Read).where(Read.verdict == "fix", ~Read.sibling)))
        if len(fixes) >= wanted:
            return fixes
        page.wait_for_timeout(100)
    pytest.fail("the read was lost")


def test_a_read_survives_a_server_that_does_not_answer(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    address = page.url
    page.route("**/reads", lambda route: route.abort())
    stroke(page)
    page.keyboard.press("a")
    expect(page.get_by_text("the server does not answer")).to_be_visible()
    assert page.url == address  # nothing is claimed before the read is in: it would come too late
    page.unroute("**/reads")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    expect(page).not_to_have_url(address)
    assert len(counted(loop, page)) == 1


def test_a_read_survives_a_reload(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    page.on("dialog", lambda dialog: dialog.accept())
    page.route("**/reads", lambda route: route.abort())
    stroke(page)
    page.keyboard.press("a")
    expect(page.get_by_text("the server does not answer")).to_be_visible()
    page.unroute("**/reads")
    page.reload()
    expect(page.get_by_role("group", name="Verdict")).to_be_visible()
    assert len(counted(loop, page)) == 1


def test_a_page_opened_while_the_server_was_away_saves_once_it_is_back(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    page.route("**/api/v1/**", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer", timeout=10_000)
    page.unroute("**/api/v1/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Accept and next")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    stroke(page)
    page.keyboard.press("a")
    assert len(counted(loop, page)) == 1


def test_a_sign_out_in_the_middle_costs_no_read(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    stroke(page)
    page.context.clear_cookies()
    page.on("dialog", lambda dialog: dialog.accept())
    page.keyboard.press("a")
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()
    with loop.database.transaction() as session:
        token = accounts.invite(session, "ada", "admin")
    # Another query than the page has, so that it is loaded anew; a reload on top could spend the link twice.
    page.goto(f"{site}/sign-in?to=%2F#now={token}")
    expect(page.get_by_role("heading", name="Iterations", exact=True)).to_be_visible()
    assert len(counted(loop, page)) == 1


def test_of_two_tabs_one_counts_and_the_other_is_told(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    stroke(page)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("button", name="Accept and next")).to_be_visible()
    other.keyboard.press("a")
    expect(other.get_by_text("Saved", exact=True)).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_text("Kept beside")).to_be_visible()
    with loop.database.transaction() as session:
        assert [read.sibling for read in session.scalars(select(Read).where(Read.verdict == "fix"))] == [True]


def test_the_next_case_is_not_opened_over_strokes_that_are_not_saved(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    address = page.url
    stroke(page)
    page.keyboard.press("n")
    expect(page.get_by_text("Unsaved changes")).to_be_visible()
    page.get_by_role("link", name="← Worklist").click()
    assert page.url == address
    page.keyboard.press("Control+z")
    page.keyboard.press("n")
    expect(page).not_to_have_url(address)
    expect(page.get_by_role("button", name="Accept and next")).to_be_visible()
    page.keyboard.press("p")
    expect(page).to_have_url(address)


def test_drawing_after_a_verdict_takes_the_verdict_back(page: Page, site: str, loop: Loop) -> None:
    """Films with two drawn findings: the first is said to be none, then drawn after all."""
    open_first_case(page, loop, site)
    while page.get_by_text("to read").count() < 2:
        address = page.url
        page.keyboard.press("n")
        expect(page).not_to_have_url(address)
        expect(page.get_by_role("button", name="Accept and next")).to_be_visible()
    chip = page.get_by_role("group", name="Findings").get_by_role("button").filter(has_text="to read").first
    chip.click()
    name = chip.inner_text().split("\n")[1]
    drawn = page.get_by_role("button", name=name).first
    page.keyboard.press("r")
    expect(drawn).to_contain_text("no lesion")
    drawn.click()
    page.get_by_text("Eraser").click()
    page.keyboard.press("b")  # a clicked tool does not swallow the keys
    stroke(page)
    expect(drawn).to_contain_text("fixed")
    page.keyboard.press("a")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert [read.finding for read in counted(loop, page)] == [name.lower().replace(" ", "_")]


def test_a_used_link_leaves_the_way_in_by_password(page: Page, site: str, loop: Loop) -> None:
    with loop.database.transaction() as session:
        token = accounts.invite(session, "ada", "admin")
        accounts.sign_in_with_link(session, token, None)
    page.goto(f"{site}/sign-in#now={token}")
    expect(page.get_by_role("alert")).to_contain_text("This link was used already")
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()


def test_a_wrong_address_leads_back(page: Page, site: str) -> None:
    page.goto(f"{site}/no-such-page")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
