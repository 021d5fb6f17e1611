"""An admin's pages in a browser: people invited, given roles and disabled; the trail that tells of it, and holds."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import text

from overread.services import trail
from tests.e2e.axe import barriers
from tests.e2e.english import english
from tests.e2e.steps import enter
from tests.loop import Loop

PASSWORD = "a long enough password"


@pytest.fixture
def another(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Browsers of other people."""
    with ExitStack() as stack:

        def opened() -> Page:
            context = browser.new_context()
            stack.callback(context.close)
            return context.new_page()

        yield opened


def well(page: Page) -> None:
    """Nothing keeps people out, and nothing stands out of the screen's right edge."""
    page.mouse.move(2, 400)
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def person(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_text(name, exact=True))


def sign_in(page: Page, site: str, name: str) -> None:
    page.goto(f"{site}/sign-in")
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def invited(page: Page, site: str, another: Callable[[], Page]) -> Page:
    """The browser of Bob, a reader, whom an admin has invited without a mouse, and who came in by the link."""
    page.get_by_role("link", name="People").click()
    page.get_by_role("textbox", name="Name to sign in with").focus()
    page.keyboard.type("Bob")
    page.keyboard.press("Enter")  # a reader, as long as nothing else is chosen
    link = page.get_by_role("textbox", name="One-time link for Bob")
    expect(link).to_be_focused()
    expect(person(page, "Bob")).to_contain_text("invited")
    well(page)
    bob = another()
    bob.goto(link.input_value())
    bob.get_by_role("textbox", name="Choose a password").fill(PASSWORD)
    bob.get_by_role("button", name="Sign in").click()
    expect(bob.get_by_text("Bob · reader")).to_be_visible()
    expect(bob.get_by_role("link", name="People")).to_have_count(0)
    bob.goto(f"{site}/people")
    expect(bob.get_by_role("alert")).to_contain_text("Not allowed for this role")
    page.reload()
    expect(person(page, "Bob")).to_contain_text("can sign in")
    expect(link).to_have_count(0)  # shown once
    return bob


def test_a_reader_is_invited_given_another_role_and_disabled(
    page: Page, site: str, loop: Loop, another: Callable[[], Page]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    enter(page, site, loop)
    bob = invited(page, site, another)
    page.get_by_role("combobox", name="Role of Bob").select_option("engineer")
    expect(person(page, "Bob")).to_contain_text("signed out everywhere at once")
    well(page)
    page.get_by_role("button", name="Give the role engineer").click()
    expect(page.get_by_role("button", name="Give the role engineer")).to_have_count(0)
    expect(page.get_by_role("combobox", name="Role of Bob")).to_have_value("engineer")
    bob.goto(site)
    expect(bob).to_have_url(re.compile("/sign-in"))  # his session has ended
    sign_in(bob, site, "bob")
    expect(bob.get_by_text("Bob · engineer")).to_be_visible()

    page.get_by_role("button", name="Disable Bob").press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Enable Bob")).to_be_focused()
    well(page)
    bob.reload()
    expect(bob).to_have_url(re.compile("/sign-in"))
    sign_in(bob, site, "bob")
    expect(bob.get_by_role("alert")).to_contain_text("You are not signed in")
    page.keyboard.press("Enter")
    expect(person(page, "Bob")).to_contain_text("can sign in")
    sign_in(bob, site, "bob")
    expect(bob.get_by_text("Bob · engineer")).to_be_visible()


def test_what_is_refused_is_said_in_words_that_help(page: Page, site: str, loop: Loop) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    page.emulate_media(color_scheme="light")
    enter(page, site, loop)
    page.goto(f"{site}/people")
    page.get_by_role("button", name="Disable ada").click()
    expect(person(page, "ada")).to_contain_text("This is your own account: you are signed out at once")
    well(page)
    page.get_by_role("button", name="Leave as it is").click()
    expect(page.get_by_role("button", name="Disable ada")).to_be_focused()
    page.get_by_role("button", name="Disable ada").click()
    person(page, "ada").get_by_role("group").get_by_role("button", name="Disable ada").click()
    expect(page.get_by_role("alert")).to_contain_text("Without ada nobody could sign in as an admin")
    page.get_by_role("combobox", name="Role of ada").select_option("reader")
    page.get_by_role("button", name="Give the role reader").click()
    expect(page.get_by_role("alert")).to_contain_text("First invite another admin, and have that link used")
    expect(page.get_by_role("combobox", name="Role of ada")).to_have_value("admin")
    page.get_by_role("textbox", name="Name to sign in with").fill("Ada")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_role("region", name="Invite somebody")).to_contain_text("has an account with another role")
    well(page)
    page.get_by_role("combobox", name="Language").select_option("ko")
    expect(page.get_by_role("alert").first).to_contain_text("다른 역할을 가지고 있습니다")
    assert [line for line in english(page) if not line.startswith("Ada: ")] == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1024, "light")])
def test_the_trail_is_shown_with_whether_it_holds(page: Page, site: str, loop: Loop, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 768})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    with loop.database.transaction() as session:
        for step in range(60):
            trail.record(session, "case.read", f"case {step}", project_id=loop.project_id, account_id=loop.account_id)
    enter(page, site, loop)
    page.get_by_role("link", name="Trail").click()
    holds = page.get_by_role("region", name="Does it hold?")
    expect(holds.get_by_role("status")).to_contain_text("The trail holds: none of")
    holds.get_by_text("Anchors to keep elsewhere").click()
    expect(holds).to_contain_text(re.compile(rf"{loop.project_id}:\d+:[0-9a-f]{{64}}"))
    well(page)

    rows = page.get_by_role("region", name="Lines, newest first").get_by_role("listitem")
    expect(rows).to_have_count(50)
    expect(rows.first).to_contain_text("ada")
    expect(rows.first).to_contain_text("signed in")
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("link", name="To the newest")).to_be_visible()
    expect(rows.last).to_contain_text("made a project")
    page.get_by_role("textbox", name="About").fill("case 7")
    page.get_by_role("combobox", name="By").select_option("reader one")
    page.get_by_role("button", name="Show").click()
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("read a film")

    with loop.database.transaction() as session:
        session.execute(text("alter table trail disable trigger all"))
        session.execute(text("update trail set subject = 'case 99' where subject = 'case 7'"))
    page.get_by_role("button", name="Verify again").click()
    expect(holds.get_by_role("alert")).to_contain_text("The trail does not hold")
    expect(holds.get_by_role("alert")).to_contain_text("read a film case 99 · loop")
    expect(holds.get_by_role("alert")).to_contain_text("It was changed")
    well(page)
