"""No read is lost or doubled: a silent server, a reload, a sign-out midway, two tabs, a hand on the wrong key."""

import re

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select, update

from overread.db.tables import AuditCase, Read
from overread.services.people import accounts
from tests.e2e.steps import accept, open_first_case, stroke
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


def area(page: Page) -> str:
    """What the page says of the chosen mask's size; never of none."""
    told = re.search(r"Area [1-9]\d* px", page.get_by_role("complementary").inner_text())
    assert told is not None
    return told[0]


def test_a_read_survives_a_server_that_does_not_answer(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    address = page.url
    page.route("**/reads", lambda route: route.abort())
    stroke(page)
    accept(page)
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
    accept(page)
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
    accept(page)
    assert len(counted(loop, page)) == 1


def test_a_sign_out_in_the_middle_is_mended_in_place(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    address = page.url
    stroke(page)
    page.context.clear_cookies()
    accept(page)
    panel = page.get_by_role("region", name="Sign in to go on")
    expect(panel).to_be_visible()
    expect(page.get_by_text("Signed out", exact=False).first).to_be_visible()
    assert page.url == address  # the film and its strokes stay
    with loop.database.transaction() as session:
        token = accounts.invite(session, "ada", "admin")
    link = f"{site}/sign-in#now={token}"
    panel.get_by_role("textbox", name="Name").focus()
    page.evaluate(PASTE, link)
    expect(panel).to_have_count(0)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    expect(page).not_to_have_url(address)
    assert len(counted(loop, page)) == 1


PASTE = """text => {
  const data = new DataTransfer();
  data.setData("text", text);
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true}));
}"""


def test_work_that_was_not_sent_comes_back_as_it_was(page: Page, site: str, loop: Loop) -> None:
    """A reload, a closed tab, another case in between: the strokes, the verdict, the note and the slider are there."""
    open_first_case(page, loop, site)
    side = page.get_by_role("complementary")
    expect(side.get_by_role("slider")).to_be_visible()
    page.keyboard.press("t")
    page.keyboard.press("ArrowRight")
    stroke(page)
    page.keyboard.press("j")
    page.keyboard.type("apex")
    page.keyboard.press("Enter")
    drawn = area(page)
    slider = side.get_by_text("Mask where").inner_text()
    expect(page.get_by_text("Kept here", exact=True)).to_be_visible()
    page.reload()
    expect(side).to_contain_text(drawn)
    address, other = page.url, page.context.new_page()
    page.close()
    other.goto(address.split("?")[0])  # the audit, not the case: where was I?
    expect(other).to_have_url(address)
    side = other.get_by_role("complementary")
    expect(side).to_contain_text(drawn)
    expect(side.get_by_text("Mask where")).to_have_text(slider)
    expect(other.get_by_role("textbox", name="Note on", exact=False)).to_have_value("apex")
    other.keyboard.press("n")
    expect(other).not_to_have_url(address)
    expect(other.get_by_text("is as you left it")).to_be_visible()
    other.keyboard.press("p")
    expect(other).to_have_url(address)
    expect(side).to_contain_text(drawn)
    accept(other)
    expect(other.get_by_text("Saved", exact=True)).to_be_visible()
    assert len(counted(loop, other)) == 1
    other.goto(address)
    expect(other.get_by_role("button", name="fixed", exact=False)).to_be_visible()
    expect(other.get_by_text("Kept here", exact=True)).to_have_count(0)  # what was acknowledged is no draft any more


def test_a_refused_read_keeps_its_strokes_and_says_what_to_do(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    address = page.url
    refusal = {"type": "invalid", "title": "No", "detail": "These masks were drawn on other pixels."}
    page.route("**/reads", lambda route: route.fulfill(status=422, json=refusal))
    stroke(page)
    drawn = area(page)
    accept(page)
    expect(page.get_by_role("alert")).to_contain_text("other pixels")
    expect(page.get_by_text("Not saved")).to_be_visible()
    page.unroute("**/reads")
    page.reload()
    expect(page.get_by_role("button", name="fixed", exact=False)).to_be_visible()
    page.keyboard.press("1")  # A went on to findings that nobody had looked at
    expect(page.get_by_role("complementary")).to_contain_text(drawn)
    accept(page)
    expect(page).not_to_have_url(address)
    assert len(counted(loop, page)) == 1


def test_without_a_store_the_page_says_so_and_asks_before_it_goes(page: Page, site: str, loop: Loop) -> None:
    page.add_init_script("IDBFactory.prototype.open = () => { throw new DOMException('full', 'QuotaExceededError') }")
    open_first_case(page, loop, site)
    stroke(page)
    expect(page.get_by_text("On this page only")).to_be_visible()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))  # type: ignore[call-overload, func-returns-value]
    page.reload()
    assert asked == ["beforeunload"]


def test_of_two_tabs_one_counts_and_the_other_is_told(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    stroke(page)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("button", name="Accept and next")).to_be_visible()  # the strokes are the first tab's
    expect(other.get_by_text("Open in another tab too")).to_be_visible()
    expect(page.get_by_text("Open elsewhere too")).to_be_visible()
    accept(other)
    expect(other.get_by_text("Saved", exact=True)).to_be_visible()
    accept(page)
    expect(page.locator("output.told", has_text="Kept beside")).to_be_visible()
    with loop.database.transaction() as session:
        assert [read.sibling for read in session.scalars(select(Read).where(Read.verdict == "fix"))] == [True]


def test_a_lease_that_is_about_to_end_is_told_and_a_lost_one_costs_nothing(page: Page, site: str, loop: Loop) -> None:
    def short(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"lease_seconds": 100})

    page.route("**/claim", short)
    page.route("**/renew", lambda route: route.abort())
    open_first_case(page, loop, site)
    stroke(page)
    expect(page.get_by_text("This film stays yours for", exact=False)).to_be_visible()
    page.unroute("**/renew")
    with loop.database.transaction() as session:  # another reader comes to it
        session.execute(update(AuditCase).values(fence=AuditCase.fence + 1))
    page.keyboard.press("i")
    expect(page.get_by_text("gone to another reader")).to_be_visible(timeout=40_000)
    accept(page)
    expect(page.locator("output.told", has_text="Kept beside")).to_be_visible()
    with loop.database.transaction() as session:
        assert [read.sibling for read in session.scalars(select(Read).where(Read.verdict == "fix"))] == [True]


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
    accept(page)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert [read.finding for read in counted(loop, page)] == [name.lower().replace(" ", "_")]


def test_a_used_link_leaves_the_way_in_by_password(page: Page, site: str, loop: Loop) -> None:
    with loop.database.transaction() as session:
        token = accounts.invite(session, "ada", "admin")
        accounts.sign_in_with_link(session, token, None)
    page.goto(f"{site}/sign-in#now={token}")
    expect(page.get_by_role("alert")).to_contain_text("This link was used already")
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()


def test_a_link_pasted_into_a_tab_that_is_at_the_sign_in_lets_in(page: Page, site: str, loop: Loop) -> None:
    page.goto(f"{site}/sign-in")
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()
    with loop.database.transaction() as session:
        token = accounts.invite(session, "ada", "admin")
    page.evaluate("link => { location.href = link }", f"{site}/sign-in#now={token}")  # the fragment alone changes
    expect(page.get_by_role("heading", name="Iterations", exact=True)).to_be_visible()


def test_a_wrong_address_leads_back(page: Page, site: str) -> None:
    page.goto(f"{site}/no-such-page")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
