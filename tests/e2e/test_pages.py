"""The pages around the reading room: where one is, and a server that is away."""

from playwright.sync_api import Page, expect

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
