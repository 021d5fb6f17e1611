"""The pages around the reading room: where one is, what stands side by side, and a server that is away."""

from playwright.sync_api import Page, expect

from tests.e2e.steps import enter
from tests.loop import Loop


def test_panes_side_by_side_keep_in_step(page: Page, site: str, loop: Loop) -> None:
    enter(page, site, loop)
    page.get_by_role("link", name="Compare").click()
    rows = page.get_by_role("row")
    rows.nth(2).click()
    told = rows.nth(2).get_by_role("cell").all_inner_texts()
    expect(page.get_by_text(f"{told[0]} · {told[1]}")).to_be_visible()
    first, second = (page.get_by_label(name, exact=False).first for name in ("Pseudo mask on", "Public label on"))
    page.get_by_role("button", name="Fit").click()
    page.wait_for_timeout(500)
    before = second.screenshot()
    first.hover()
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(500)
    assert second.screenshot() != before
    page.get_by_role("button", name="Fit").click()
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    assert second.screenshot() == before
    page.get_by_role("link", name="Iteration 0").click()
    expect(page.get_by_role("heading", name="Iterations", exact=True)).to_be_visible()


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
