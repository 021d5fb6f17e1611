"""Every page without a barrier that axe calls serious, and the whole way to a read without a mouse."""

from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import func, select

from overread.db.tables import Read
from overread.services.people import accounts
from tests.e2e.axe import barriers
from tests.e2e.steps import accept, choose_recipe, enter, open_first_case
from tests.loop import Loop

Scheme = Literal["dark", "light"]
PASSWORD = "a long enough password"


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_serious_before_the_reading_room(page: Page, site: str, loop: Loop, scheme: Scheme) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{site}/sign-in?to=%2F")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert barriers(page) == []
    enter(page, site, loop)
    expect(page.get_by_role("region", name="Iteration 0")).to_contain_text("Gate")
    choose_recipe(page)
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_role("alert")).to_contain_text("The gate is shut")
    assert barriers(page) == []
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_label("Pseudo mask on", exact=False).first).to_be_visible()
    assert barriers(page) == []
    page.goto(f"{site}/audits/999")
    expect(page.get_by_role("alert")).to_be_visible()
    assert barriers(page) == []
    page.goto(f"{site}/no-such-page")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    assert barriers(page) == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_serious_in_worklist_and_reading_room(
    page: Page, site: str, loop: Loop, scheme: Scheme
) -> None:
    page.emulate_media(color_scheme=scheme)
    enter(page, site, loop)
    page.get_by_role("link", name="Audit").click()
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("link", name="Start reading").click()
    expect(page.get_by_role("button", name="Accept and next")).to_be_visible()
    assert barriers(page) == []
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert barriers(page) == []


def test_axe_finds_nothing_serious_in_an_empty_installation(page: Page, site: str, loop: Loop) -> None:
    enter(page, site, loop)
    page.route("**/api/v1/projects", lambda route: route.fulfill(json=[]))
    page.goto(site)
    expect(page.get_by_text("overread import")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("combobox", name="Language").select_option("ko")
    expect(page.get_by_role("heading", name="다음 두 단계")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "ko"
    assert barriers(page) == []
    page.reload()
    expect(page.get_by_role("combobox", name="언어")).to_have_value("ko")


def tab_to(page: Page, wanted: Locator) -> None:
    """Tab until it has the focus, as a person without a mouse does."""
    expect(wanted).to_be_visible()
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {wanted}")


def test_a_read_without_a_mouse(page: Page, site: str, loop: Loop) -> None:
    with loop.database.transaction() as session:
        accounts.sign_in_with_link(session, accounts.invite(session, "ada", "admin"), PASSWORD)
    page.goto(f"{site}/sign-in")
    expect(page.get_by_role("textbox", name="Name")).to_be_focused()
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name="Audit"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name="Start reading"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Accept and next")).to_be_visible()
    accept(page)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    tab_to(page, page.get_by_role("link", name="← Worklist"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    expect(page.get_by_role("link", name="Read on")).to_be_visible()  # at once, however quickly one came back
    with loop.database.transaction() as session:
        assert session.scalar(select(func.count(func.distinct(Read.image_id)))) == 1


def test_the_skip_link_leads_past_the_bar(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    page.goto(site)
    expect(page.get_by_role("heading", name="Iterations", exact=True)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the page")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "MAIN"


def brightness(page: Page) -> str:
    """The colour scheme that the page is drawn in."""
    return str(page.evaluate("document.documentElement.dataset.mantineColorScheme"))


def test_a_chosen_appearance_is_kept_and_films_are_read_in_the_dark(page: Page, site: str, loop: Loop) -> None:
    page.emulate_media(color_scheme="dark")
    enter(page, site, loop)
    assert brightness(page) == "dark"
    page.get_by_role("combobox", name="Appearance").select_option("light")
    page.reload()
    expect(page.get_by_role("combobox", name="Appearance")).to_have_value("light")
    assert brightness(page) == "light"
    page.get_by_role("link", name="Audit").click()
    page.get_by_role("link", name="Start reading").click()
    expect(page.get_by_role("button", name="Accept and next")).to_be_visible()
    assert brightness(page) == "dark"
    page.get_by_role("link", name="← Worklist").click()
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    assert brightness(page) == "light"
