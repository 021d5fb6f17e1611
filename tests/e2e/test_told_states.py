"""The line that says where the work is says no more than is so: of a slow answer, and of a store that is full."""

from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from overread.db.tables import Mask, Read
from tests.e2e.steps import LISTEN, accept, area, open_first_case, stroke
from tests.loop import Loop


def test_saved_is_said_once_the_answer_is_there_and_not_before(page: Page, site: str, loop: Loop) -> None:
    heard: list[str] = []
    page.expose_function("heard", lambda said: heard.append(said))  # noqa: PLW0108 (Playwright marks its handlers, and a builtin takes no mark)
    page.add_init_script(LISTEN)
    open_first_case(page, loop, site)
    held: list[Route] = []
    page.route("**/reads", lambda route: held.append(route))  # noqa: PLW0108
    stroke(page)
    accept(page)
    expect(page.get_by_text("Saving…")).to_be_visible()
    page.wait_for_timeout(1_000)
    assert "Saved" not in heard
    held[0].continue_()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert "Saved" in heard


def test_a_full_store_is_told_and_costs_nothing_while_the_page_is_open(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    address = page.url
    store = page.context.new_cdp_session(page)
    store.send("Storage.overrideQuotaForOrigin", {"origin": site, "quotaSize": 1})
    stroke(page)
    expect(page.get_by_text("On this page only")).to_be_visible()
    drawn = area(page)
    page.keyboard.press("n")  # another film, and back: still there
    expect(page).not_to_have_url(address)
    expect(page.get_by_text("is as you left it")).to_be_visible()
    page.keyboard.press("p")
    expect(page).to_have_url(address)
    expect(page.get_by_role("complementary")).to_contain_text(f"Area {drawn} px")
    accept(page)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    with loop.database.transaction() as session:
        query = select(Mask.area).join(Read, Read.mask_id == Mask.id).where(Read.verdict == "fix", ~Read.sibling)
        assert session.scalars(query).all() == [drawn]
    expect(page).not_to_have_url(address)
    expect(page.get_by_role("slider")).to_be_visible()
    store.send("Storage.overrideQuotaForOrigin", {"origin": site})  # there is room again
    stroke(page)
    expect(page.get_by_text("Kept here", exact=True)).to_be_visible()
