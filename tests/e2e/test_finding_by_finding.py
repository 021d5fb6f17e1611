"""Nothing is accepted that nobody looked at, no press counts twice, and a case opens without anybody else's words."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect
from sqlalchemy import func, select, update

from overread.db.tables import Audit, AuditCase, Iteration, Mask, PseudoLabel, Read
from overread.services.audit.fix_list import add_to_fix_list
from tests.e2e.steps import accept, cases_with, open_case, open_first_case, stroke
from tests.loop import Loop


def counted(loop: Loop) -> list[tuple[int, str, str]]:
    with loop.database.transaction() as session:
        rows = select(Read.case_id, Read.finding, Read.verdict).where(~Read.sibling).order_by(Read.id)
        return [tuple(row) for row in session.execute(rows)]  # type: ignore[misc]


def posts(page: Page) -> list[str]:
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.url.endswith("/reads") else None)
    return sent


def test_a_goes_to_each_mask_that_nobody_has_looked_at_and_saves_after_the_last(
    page: Page, site: str, loop: Loop
) -> None:
    case_id = cases_with(loop, masks=2, empty=3)[0]
    sent = posts(page)
    open_case(page, loop, site, case_id)
    address, findings = page.url, page.get_by_role("group", name="Findings")
    chosen = findings.locator("[aria-pressed=true]")
    first = chosen.inner_text()
    page.keyboard.press("a")
    page.keyboard.press("a")  # the next mask came this very moment: this press is not of it
    expect(chosen).not_to_have_text(first)
    expect(findings.get_by_text("accepted")).to_have_count(1)
    page.wait_for_timeout(300)
    assert (page.url, sent) == (address, [])
    expect(page.locator("button.loud")).to_have_attribute("aria-disabled", "false")
    page.keyboard.press("a")
    expect(page).not_to_have_url(address)
    assert [(case, word) for case, _, word in counted(loop)] == [
        (case_id, "accept")
    ] * 5  # the empty ones with the film


def test_empty_findings_are_looked_at_with_the_film_and_are_one_press(page: Page, site: str, loop: Loop) -> None:
    empty = [case for n in (4, 3, 2) for case in cases_with(loop, masks=0, empty=n)]
    open_case(page, loop, site, empty[0])
    address = page.url
    page.keyboard.press("a")
    expect(page).not_to_have_url(address)
    assert {case for case, _, _ in counted(loop)} == {empty[0]}


def test_no_lesion_on_the_last_finding_saves_nothing_by_itself(page: Page, site: str, loop: Loop) -> None:
    sent = posts(page)
    case_id = cases_with(loop, masks=1, empty=0)[0]
    open_case(page, loop, site, case_id)
    address = page.url
    page.keyboard.press("r")
    expect(page.get_by_role("group", name="Findings").get_by_text("no lesion")).to_be_visible()
    page.wait_for_timeout(500)
    assert (page.url, sent) == (address, [])
    page.keyboard.press("a")
    expect(page).not_to_have_url(address)
    assert [(case, word) for case, _, word in counted(loop)] == [(case_id, "reject")]


# The page's clock, to be stopped: a film that has come has then been there for no moment at all.
CLOCK = "const real = performance.now.bind(performance); performance.now = () => window.stopped ?? real();"


def test_presses_in_a_row_and_a_key_held_down_accept_no_film_that_just_came(page: Page, site: str, loop: Loop) -> None:
    sent = posts(page)
    page.add_init_script(CLOCK)
    open_case(page, loop, site, cases_with(loop, masks=1, empty=0)[0])
    for _ in range(12):
        page.keyboard.down("a")  # all but the first are repeats
        page.wait_for_timeout(100)
    page.keyboard.up("a")
    assert len(sent) == 1
    for _ in range(6):  # findings that a film has at most, and one
        if page.locator("button.loud").get_attribute("data-left") == "0":
            break
        page.keyboard.press(".")
        page.wait_for_timeout(600)  # longer than the moment that a mask is looked at
    expect(page.locator("button.loud")).to_have_attribute("aria-disabled", "false")
    page.evaluate("window.stopped = performance.now()")
    address = page.url
    page.keyboard.press("a")
    expect(page).not_to_have_url(address)
    expect(page.get_by_role("slider")).to_be_visible()
    for _ in range(5):
        page.keyboard.press("a")
        page.wait_for_timeout(200)
    assert len(sent) == 2


def hold(page: Page, pattern: str) -> Callable[[], None]:
    waiting: list[Route] = []
    page.route(pattern, lambda route: waiting.append(route))  # noqa: PLW0108 (Playwright marks its handlers)

    def let_go() -> None:
        page.wait_for_timeout(300)
        while waiting:
            waiting.pop().continue_()
        page.unroute(pattern)

    return let_go


def test_next_then_accept_on_a_slow_line_counts_once_and_on_the_film_that_is_seen(
    page: Page, site: str, loop: Loop
) -> None:
    one, *_ = cases_with(loop, masks=1, empty=0)
    sent = posts(page)
    open_case(page, loop, site, one)
    address = page.url
    let_go = hold(page, "**/claim")
    page.keyboard.press("n")
    page.keyboard.press("a")
    page.keyboard.press("n")
    let_go()
    expect(page).not_to_have_url(address)
    assert sent == []
    seen = int(page.url.split("case=")[1])
    address = page.url
    accept(page)
    expect(page).not_to_have_url(address)
    with loop.database.transaction() as session:
        assert {read.case_id for read in session.scalars(select(Read))} == {seen}
        assert session.scalar(select(func.count()).select_from(Read).where(Read.sibling)) == 0


def test_next_while_a_save_is_on_its_way_waits_for_it(page: Page, site: str, loop: Loop) -> None:
    open_case(page, loop, site, cases_with(loop, masks=1, empty=0)[0])
    address = page.url
    claims: list[str] = []
    page.on("request", lambda told: claims.append(told.url) if told.url.endswith("/claim") else None)
    let_go = hold(page, "**/reads")
    stroke(page)
    accept(page)
    for key in ("n", "a", "n"):
        page.keyboard.press(key)
    let_go()
    expect(page).not_to_have_url(address)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert len(claims) == 1
    assert [word for _, _, word in counted(loop)].count("fix") == 1


def test_a_closed_audit_says_so_and_keeps_what_is_saved(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    stroke(page)
    with loop.database.transaction() as session:
        session.execute(update(Iteration).values(stage="closed"))
    accept(page)
    expect(page.get_by_text("Kept beside: the audit was closed")).to_be_visible()
    expect(page.get_by_text("This audit is closed: nothing in it is read any more.")).to_be_visible()
    with loop.database.transaction() as session:
        assert [read.sibling for read in session.scalars(select(Read).where(Read.verdict == "fix"))] == [True]
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("region", name="Kept beside")).to_be_visible()
    expect(page.get_by_text("This audit is closed: what you save is kept beside")).to_be_visible()


def said(page: Page) -> Any:
    return page.get_by_role("group", name="Findings").get_by_text("no lesion")


def the_only_read_film_again(loop: Loop) -> tuple[int, int, str]:
    """The next iteration's audit, its case of the one film that was read, and the finding it was read for."""
    loop.label(loop.launch(measure=40, fix=0, override="the second turn"), wrong=0.2)
    with loop.database.transaction() as session:
        film, finding = session.execute(select(Read.image_id, Read.finding)).one()
        newest = session.scalars(select(Audit.id).order_by(Audit.id.desc())).first() or 0
        labelling = session.get_one(Audit, newest).labelling_id
        labels = session.scalars(select(PseudoLabel.id).filter_by(labelling_id=labelling, image_id=film)).all()
        add_to_fix_list(session, newest, list(labels), loop.account_id)  # no draw has a person say it again
        again = session.scalars(select(AuditCase.id).filter_by(audit_id=newest, image_id=film)).one()
        assert session.scalars(select(Mask.area).join(Read, Read.mask_id == Mask.id)).all() == []
    return newest, again, finding


def test_a_second_iterations_case_opens_without_verdicts_and_tells_the_first_after_its_own(
    page: Page, site: str, loop: Loop
) -> None:
    """The same film in two audits: nothing of the first is on it, until this reader has said what they see."""
    case_id = cases_with(loop, masks=1, empty=0)[0]
    open_case(page, loop, site, case_id)
    address = page.url
    page.keyboard.press("r")
    page.keyboard.press("j")
    page.keyboard.type("a rib")
    page.keyboard.press("Enter")
    accept(page)
    expect(page).not_to_have_url(address)
    newest, again, finding = the_only_read_film_again(loop)
    page.goto(f"{site}/audits/{newest}/read?case={again}")
    expect(page.locator("button.loud")).to_be_visible()
    expect(said(page)).to_have_count(0)
    expect(page.get_by_text("Kept here", exact=True)).to_have_count(0)
    name = finding.replace("_", " ")
    chip = page.get_by_role("group", name="Findings").get_by_role("button").filter(has_text=name.capitalize())
    chip.click()
    expect(page.get_by_role("textbox", name=f"Note on {name}")).to_have_value("")
    page.keyboard.press("m")
    strip = page.get_by_role("group", name="Masks to take over")
    expect(strip.get_by_text("iteration 0")).to_have_count(0)
    address = page.url
    page.keyboard.press("m")
    accept(page)
    expect(page).not_to_have_url(address)
    page.goto(address)
    expect(page.locator("button.loud")).to_be_visible()
    chip.click()
    page.keyboard.press("m")
    expect(strip.get_by_text("yours · iteration 0 · no lesion")).to_be_visible()
