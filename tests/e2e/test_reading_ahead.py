"""The next film is there before it is asked for, and a finding that is not there steps back."""

from playwright.sync_api import Page, expect
from sqlalchemy import select

from backend.db.tables import AuditCase
from tests.e2e.steps import enter
from tests.loop import Loop


def test_the_next_film_is_fetched_ahead_and_held_by_nobody(page: Page, site: str, loop: Loop) -> None:
    enter(page, site, loop)
    page.get_by_role("link", name="Audit").click()
    ahead = page.expect_response(lambda answer: "/next?" in answer.url)
    with ahead as answer:
        page.get_by_role("link", name="Start reading").click()
    following = answer.value.json()
    page.wait_for_event("response", lambda got: f"images/{following['image_id']}/maps" in got.url)
    with loop.database.transaction() as session:
        assert session.scalars(select(AuditCase.lease_until).where(AuditCase.id == following["id"])).one() is None
    page.route("**/pixels", lambda route: route.abort())
    page.keyboard.press("a")
    expect(page).to_have_url(f"{page.url.split('?')[0]}?case={following['id']}")
    expect(page.get_by_role("button", name="Accept and next")).to_be_visible()  # with no film fetched since
    expect(page.get_by_role("slider")).to_be_visible()
    page.unroute("**/pixels")
    for _ in range(3):
        address = page.url
        page.keyboard.press("a")
        expect(page).not_to_have_url(address)
        expect(page.get_by_role("button", name="Accept and next")).to_be_visible()
    expect(page.get_by_text("s a case")).to_be_visible()
