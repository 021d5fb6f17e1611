"""The pool explorer: a wall with masks, narrowed down by hand, and a choice that readers find in their worklist."""

import re

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from overread.db.tables import AuditCase, AuditItem, Image, SourceBox, TrailLine
from tests.e2e.steps import enter
from tests.loop import Loop


def hanging(loop: Loop) -> int:
    """How many films hang on the wall of consolidation: those of which the open audit drew nothing of it."""
    with loop.database.transaction() as session:
        drawn = session.scalars(select(AuditItem.id).where(AuditItem.finding == "consolidation")).all()
    assert 10 < 30 - len(drawn) < 30
    return 30 - len(drawn)


def films(page: Page, name: str = "") -> Locator:
    """The films that hang on the wall; the choices of a select are options too."""
    return page.get_by_role("listbox", name="Films").get_by_role("option", name=re.compile(name))


def open_pool(page: Page, site: str, loop: Loop) -> None:
    enter(page, site, loop)
    page.get_by_role("link", name="Pool").click()
    expect(films(page, "confidence")).to_have_count(hanging(loop))  # not "Loading" any more
    expect(page.get_by_text("what the open audit drew is not here")).to_be_visible()


def test_the_wall_is_narrowed_down_and_kept_in_the_address(page: Page, site: str, loop: Loop) -> None:
    open_pool(page, site, loop)
    page.get_by_text("Nodule", exact=True).click()
    expect(page).to_have_url(re.compile("finding=nodule"))
    page.get_by_text("Consolidation", exact=True).click()
    page.get_by_label("Decision").select_option("positive")
    expect(films(page, "negative")).to_have_count(0)
    expect(films(page, "positive").first).to_be_visible()
    count = films(page).count()
    assert 0 < count < hanging(loop)
    # Each has its mask drawn on it, from what the page brought.
    expect(page.locator(".tile canvas")).to_have_count(count)
    page.reload()
    expect(films(page)).to_have_count(count)
    page.get_by_label("Area, px, to").focus()
    page.keyboard.press("ArrowLeft")  # all but the largest masks
    expect(page).to_have_url(re.compile("area="))
    expect(films(page)).not_to_have_count(count)
    expect(films(page, "positive").first).to_be_visible()
    assert films(page).count() < count


def test_films_that_a_source_boxed_are_found(page: Page, site: str, loop: Loop) -> None:
    with loop.database.transaction() as session:
        drawn = select(AuditCase.image_id)
        image = session.scalars(select(Image).where(Image.split == "pool", Image.id.not_in(drawn))).first()
        assert image is not None
        name = image.file_name
        box = {"left": 1, "top": 2, "right": 3, "bottom": 4}
        session.add(SourceBox(image_id=image.id, finding="consolidation", reader="R9", **box))
    open_pool(page, site, loop)
    page.get_by_label("The source says").select_option("boxed")
    expect(page).to_have_url(re.compile("said=boxed"))
    expect(films(page)).to_have_count(1)
    films(page, name).dblclick()
    expect(page.get_by_role("button", name="1 box · R9")).to_be_visible()


def test_a_choice_by_keyboard_and_by_hand_is_put_on_the_fix_list(page: Page, site: str, loop: Loop) -> None:
    with loop.database.transaction() as session:
        drawn = set(session.scalars(select(AuditItem.id)))
    there = hanging(loop)
    open_pool(page, site, loop)
    with page.expect_response(re.compile("pool/tiles.*order=agreement")):  # the new wall hangs, not the old one still
        page.get_by_label("Sort").select_option("agreement")
    expect(films(page, "confidence")).to_have_count(there)
    page.get_by_role("listbox").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_text("1 chosen")).to_be_visible()
    films(page).nth(there - 1).click(modifiers=["Shift"])
    expect(page.get_by_text(f"{there - 1} chosen")).to_be_visible()
    page.get_by_role("button", name="Have them read").click()
    expect(page.get_by_text("put on the FIX list")).to_be_visible()
    with loop.database.transaction() as session:
        added = session.scalars(select(AuditItem).where(AuditItem.id.not_in(drawn))).all()
        line = session.scalars(select(TrailLine).where(TrailLine.action == "audit.extended")).one()
    assert len(added) == there - 1
    expect(films(page)).to_have_count(1)  # what was put on the list hangs there no longer
    assert {item.stream for item in added} == {"FIX"}
    assert {item.account_id for item in added} == {line.account_id} != {None}
    page.get_by_role("link", name="To the worklist").click()
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()


def test_a_film_opens_beside_its_public_label(page: Page, site: str, loop: Loop) -> None:
    open_pool(page, site, loop)
    name = (films(page).first.get_attribute("aria-label") or "").split(",")[0]
    films(page).first.dblclick()
    expect(page.get_by_text(re.compile(f"^{re.escape(name)} · "))).to_be_visible()
