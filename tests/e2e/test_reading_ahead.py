"""The next film is there before it is asked for and held by nobody; it is shown while the read before it is saved."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import func, select, update

from overread.db.tables import AuditCase, Read
from tests.e2e.steps import accept, area, blind_cases, enter, stroke
from tests.loop import Loop
from tests.waiting import until

READY = """performance.getEntriesByName("next case ready").at(-1)?.detail"""
A_WHILE = timedelta(minutes=15)


def open_with_next(page: Page, loop: Loop, site: str) -> dict[str, Any]:
    """Come to a first case, and wait until the one after it is laid out; what the page was told of that."""
    enter(page, site, loop)
    page.get_by_role("link", name="Audit").click()
    with page.expect_response(lambda answer: "/next?" in answer.url) as answer:
        page.get_by_role("link", name="Start reading").click()
    following: dict[str, Any] = answer.value.json()
    page.wait_for_function(f"id => {READY} === id", arg=following["id"])
    return following


def film_of(page: Page, told: dict[str, Any]) -> Locator:
    return page.get_by_label(f"Film {told['image']['file_name']}", exact=True)


def hold(page: Page, pattern: str) -> Callable[[], None]:
    """Keep requests waiting until they are let go on."""
    waiting: list[Route] = []
    page.route(pattern, lambda route: waiting.append(route))  # noqa: PLW0108 (Playwright marks its handlers)

    def let_go() -> None:
        while waiting:
            waiting.pop().continue_()
        page.unroute(pattern)

    return let_go


def drawn_on(page: Page) -> bool:
    """Whether anything of the film's picture was ever drawn."""
    return bool(
        page.locator(".film > canvas").evaluate(
            "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 < 3 && v > 60)"
        )
    )


def test_the_next_film_is_shown_before_the_save_is_answered_and_changed_after(
    page: Page, site: str, loop: Loop
) -> None:
    following = open_with_next(page, loop, site)
    address = page.url
    let_go = hold(page, "**/reads")
    stroke(page)
    drawn = area(page)
    accept(page)
    expect(film_of(page, following)).to_be_visible()
    assert drawn_on(page)
    expect(page.get_by_text("Saving…")).to_be_visible()
    assert page.url == address  # it is nobody's yet
    with loop.database.transaction() as session:
        assert session.get_one(AuditCase, following["id"]).lease_until is None
    before = area(page)
    stroke(page)
    for key in ("Delete", "r", "a", "2", "n"):
        page.keyboard.press(key)
    assert area(page) == before
    let_go()
    expect(page).to_have_url(f"{address.split('?')[0]}?case={following['id']}")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert area(page) == before
    stroke(page)
    assert area(page) != before  # now it is ours
    expect(page.get_by_text("Kept here", exact=True)).to_be_visible()
    with loop.database.transaction() as session:
        fixes = session.scalars(select(Read).where(Read.verdict == "fix")).all()
        assert [fix.case_id for fix in fixes] == [int(address.split("case=")[1])]
        assert session.scalars(select(func.count()).select_from(Read).where(Read.case_id == following["id"])).one() == 0
    assert drawn > 0


def first_of(page: Page, held: list[Route]) -> Route:
    """The request that is held back, once it has been sent: the next film stands there before."""
    # The page hears nothing while a test sleeps by itself.
    until(lambda: held or page.wait_for_timeout(20))  # type: ignore[func-returns-value]
    return held.pop()


def test_a_read_that_is_refused_brings_its_film_back_as_it_was(page: Page, site: str, loop: Loop) -> None:
    following = open_with_next(page, loop, site)
    address = page.url
    here = page.locator(".film > canvas").get_attribute("aria-label")
    refusal = {"type": "invalid", "title": "No", "detail": "These masks were drawn on other pixels."}
    answers: list[Route] = []
    page.route("**/reads", lambda route: answers.append(route))  # noqa: PLW0108 (Playwright marks its handlers)
    chips = page.get_by_role("group", name="Findings").get_by_role("button")
    pressed = [chip.get_attribute("aria-pressed") for chip in chips.all()].index("true")
    stroke(page)
    drawn = area(page)
    accept(page)
    expect(film_of(page, following)).to_be_visible()
    first_of(page, answers).fulfill(status=422, json=refusal)
    expect(page.get_by_role("alert")).to_contain_text("other pixels")
    expect(page.locator(".film > canvas")).to_have_attribute("aria-label", str(here))
    assert page.url == address
    chips.nth(pressed).click()  # accepting went on to the film's other findings
    assert area(page) == drawn
    page.keyboard.press("Control+z")  # with its history
    assert area(page) != drawn
    page.keyboard.press("Control+y")
    page.unroute("**/reads")
    accept(page)
    expect(page).not_to_have_url(address)
    with loop.database.transaction() as session:
        assert [read.verdict for read in session.scalars(select(Read).where(Read.verdict == "fix"))] == ["fix"]


def test_a_read_that_waits_brings_its_film_back_to_be_drawn_on(page: Page, site: str, loop: Loop) -> None:
    following = open_with_next(page, loop, site)
    address = page.url
    waiting: list[Route] = []
    page.route("**/reads", lambda route: waiting.append(route))  # noqa: PLW0108 (Playwright marks its handlers)
    accept(page)
    expect(film_of(page, following)).to_be_visible()
    first_of(page, waiting).abort()
    expect(page.get_by_text("the server does not answer")).to_be_visible()
    expect(film_of(page, following)).to_have_count(0)
    assert page.url == address
    before = area(page)
    stroke(page)
    assert area(page) != before


def test_a_film_that_went_to_another_reader_gives_way_to_the_one_that_is_claimed(
    page: Page, site: str, loop: Loop
) -> None:
    following = open_with_next(page, loop, site)
    let_go = hold(page, "**/claim")
    with loop.database.transaction() as session:  # another reader comes to it meanwhile
        session.execute(
            update(AuditCase)
            .where(AuditCase.id == following["id"])
            .values(account_id=loop.account_id, lease_until=func.now() + A_WHILE, fence=AuditCase.fence + 1)
        )
    accept(page)
    expect(film_of(page, following)).to_be_visible()
    with page.expect_response("**/claim") as answer:
        let_go()
    claimed = answer.value.json()
    assert claimed["id"] != following["id"]
    expect(film_of(page, claimed)).to_be_visible()
    expect(film_of(page, following)).to_have_count(0)
    expect(page).to_have_url(f"{page.url.split('?')[0]}?case={claimed['id']}")
    before = area(page)
    stroke(page)
    assert area(page) != before
    address = page.url
    accept(page)
    expect(page).not_to_have_url(address)
    with loop.database.transaction() as session:
        assert {read.case_id for read in session.scalars(select(Read).where(Read.verdict == "fix"))} == {claimed["id"]}


def test_of_a_film_to_be_read_blind_nothing_is_fetched_ahead_but_the_film(page: Page, site: str, loop: Loop) -> None:
    """What comes next is shown as it may be seen: no mask, no map, not even asked for."""
    audit_id, blind = blind_cases(loop)
    with loop.database.transaction() as session:
        told = blind[0]
        place = session.get_one(AuditCase, told).position
        before = update(AuditCase).where(AuditCase.audit_id == audit_id, AuditCase.position < place)
        session.execute(before.values(done=True))  # it is the first that is open
        open_eyed = select(AuditCase.id).where(AuditCase.audit_id == audit_id, ~AuditCase.done)
        here = session.scalars(open_eyed.where(AuditCase.id.not_in(blind), AuditCase.look == "first")).first()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    enter(page, site, loop)
    page.goto(f"{site}/audits/{audit_id}/read?case={here}")
    page.wait_for_function(f"id => {READY} === id", arg=told)
    with loop.database.transaction() as session:
        image_id = session.get_one(AuditCase, told).image_id
    assert any(f"/images/{image_id}/pixels" in url for url in asked)
    assert not any(f"/images/{image_id}/maps" in url for url in asked)
    let_go = hold(page, "**/claim")
    accept(page)
    expect(page.get_by_text("Read blind: draw what you see")).to_be_visible()
    assert page.get_by_text("presence").count() == 0
    assert area(page) == 0
    let_go()
    expect(page).to_have_url(f"{page.url.split('?')[0]}?case={told}")
    accept(page)  # frozen: the same film comes again, and not the one after it
    expect(page.get_by_text("mask is shown now")).to_be_visible()


def test_the_next_film_is_fetched_ahead_and_held_by_nobody(page: Page, site: str, loop: Loop) -> None:
    following = open_with_next(page, loop, site)
    with loop.database.transaction() as session:
        assert session.scalars(select(AuditCase.lease_until).where(AuditCase.id == following["id"])).one() is None
    page.route("**/pixels", lambda route: route.abort())
    accept(page)
    expect(page).to_have_url(f"{page.url.split('?')[0]}?case={following['id']}")
    expect(page.get_by_role("button", name="Accept and next")).to_be_visible()  # with no film fetched since
    expect(page.get_by_role("slider")).to_be_visible()
    page.unroute("**/pixels")
    for _ in range(3):
        address = page.url
        accept(page)
        expect(page).not_to_have_url(address)
        expect(page.get_by_role("button", name="Accept and next")).to_be_visible()
    expect(page.get_by_text("s a case")).to_be_visible()
