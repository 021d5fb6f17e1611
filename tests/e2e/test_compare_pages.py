"""Masks side by side, in turn, as a difference; a public label said to be wrong; all of it in the address."""

import re

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from overread.db.tables import Audit, Image, Mask, PseudoLabel, PublicLabelRead, Source, SourceBox, SourceStatement
from overread.domain.imaging.masks import Rle
from overread.services.films.compared import compare_again
from overread.services.films.told import replace_source_masks
from tests.e2e.axe import barriers
from tests.e2e.steps import enter
from tests.loop import Loop
from tests.reading import claim, read_all, read_case


def pane(page: Page, name: str) -> Locator:
    return page.get_by_role("img", name=re.compile(f"^{name} on "))


def still(page: Page, sheet: Locator) -> bytes:
    """The sheet once two looks at it are alike: drawn, and at rest."""
    page.mouse.move(0, 0)
    before = sheet.screenshot()
    while (after := sheet.screenshot()) != before:
        before = after
    return after


def open_compare(page: Page, site: str, loop: Loop) -> None:
    enter(page, site, loop)
    page.get_by_role("link", name="Compare").first.click()
    expect(pane(page, "Pseudo mask")).to_be_visible()


def flip(page: Page) -> None:
    """A press shows the one, the next press the other; held, the other for as long."""
    page.keyboard.press("f")
    expect(pane(page, "Pseudo mask")).to_have_count(1)
    expect(pane(page, "Read")).to_have_count(0)
    page.keyboard.press("f")
    expect(pane(page, "Pseudo mask")).to_have_count(0)
    page.keyboard.down("f")  # held: a peek
    page.wait_for_timeout(400)
    shown = page.locator(".pane canvas").get_attribute("aria-label")
    page.keyboard.up("f")
    expect(page.locator(".pane canvas")).not_to_have_attribute("aria-label", shown or "")


def test_panes_keep_in_step_flip_and_show_their_difference(page: Page, site: str, loop: Loop) -> None:
    with loop.database.transaction() as session:
        audit_id = session.scalars(select(Audit.id)).one()
    read_case(loop, claim(loop, audit_id), "fix")  # type: ignore[arg-type]
    read_all(loop, audit_id)
    open_compare(page, site, loop)
    page.get_by_label("Pseudo mask against").select_option("read")
    expect(page).to_have_url(re.compile("against=read"))
    expect(page.get_by_role("row").nth(1)).to_contain_text("fixed")
    page.get_by_role("row").nth(1).click()
    first, second = pane(page, "Pseudo mask"), pane(page, "Read")
    expect(second).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Read · fixed · 25 px · Dice 0\.\d\d · NSD 0\.\d\d$"))).to_be_visible()
    before = still(page, second)
    first.hover()
    page.mouse.wheel(0, -300)
    expect(page).to_have_url(re.compile(r"at=0\.\d+_0\.\d+_\d"))
    zoomed = still(page, second)
    assert zoomed != before
    page.keyboard.press("0")
    assert still(page, second) == before
    page.keyboard.press("i")
    expect(page).to_have_url(re.compile("window=.*_i"))
    inverted = still(page, second)
    assert inverted != before
    page.reload()
    expect(pane(page, "Read")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert still(page, pane(page, "Read")) == inverted  # the address holds the case, its panes and its window
    flip(page)
    page.keyboard.press("d")
    expect(pane(page, "Difference")).to_be_visible()
    expect(page.get_by_text("only in: Pseudo mask")).to_be_visible()
    assert barriers(page) == []


def test_a_public_label_is_said_to_be_wrong_listed_and_taken_back(page: Page, site: str, loop: Loop) -> None:
    open_compare(page, site, loop)
    page.get_by_role("textbox", name="Why (optional)").fill("fn: a skin fold")  # its letters are no keys
    page.get_by_role("button", name="The public label is wrong").click()
    expect(page.get_by_text("said to be wrong by ada")).to_contain_text("fn: a skin fold")
    page.get_by_role("combobox", name="Public label").select_option("true")
    expect(page.get_by_text("1 pairs, least alike first")).to_be_visible()
    expect(page.get_by_role("row").nth(1)).to_contain_text("said to be wrong")
    with page.expect_download() as told:
        page.get_by_role("link", name="as CSV").click()
    assert "a skin fold" in told.value.path().read_text()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("No pair is like that")).to_be_visible()
    with loop.database.transaction() as session:
        rows = session.scalars(select(PublicLabelRead).order_by(PublicLabelRead.id)).all()
    assert [row.verdict for row in rows] == ["wrong", "withdrawn"]
    page.get_by_role("button", name="Show all pairs").click()
    page.get_by_label("Dice, to").fill("0.5")
    expect(page).to_have_url(re.compile("dice=0-0.5"))
    expect(page.get_by_text("No pair is like that")).to_be_visible()  # the phantom's labels are its truth


def mend(loop: Loop) -> None:
    """The public label that was said to be wrong comes again, and is nothing now."""
    with loop.database.transaction() as session:
        said = session.scalars(select(PublicLabelRead)).one()
        image, old = session.get_one(Image, said.image_id), session.get_one(Mask, said.mask_id)
        source, nothing = session.get_one(Source, image.source_id), Rle.empty((image.height, image.width))
        replace_source_masks(session, source, image, {said.finding: old}, {said.finding: nothing})
        compare_again(session, image, [said.finding])


def test_a_word_on_a_label_that_was_mended_is_told_as_that(page: Page, site: str, loop: Loop) -> None:
    open_compare(page, site, loop)
    wrong = page.get_by_role("button", name="The public label is wrong")
    wrong.click()
    expect(page.get_by_role("button", name="Withdraw")).to_be_visible()
    page.get_by_role("row").nth(1).click()  # the address holds the pair
    mend(loop)
    page.get_by_role("button", name="Withdraw").click()  # on the page the old one stands still
    expect(page.get_by_text("This public label gave way to a newer one while you looked at it")).to_be_visible()
    expect(page.get_by_text(re.compile("said to be wrong by ada.*of an older label, counts no more"))).to_be_visible()
    wrong.click()
    expect(page.get_by_role("button", name="Withdraw")).to_be_visible()
    with loop.database.transaction() as session:
        said = session.scalars(select(PublicLabelRead).order_by(PublicLabelRead.id)).all()
    assert [row.verdict for row in said] == ["wrong", "wrong"]
    assert said[0].mask_id != said[1].mask_id


def test_what_a_source_says_stands_beside_the_masks(page: Page, site: str, loop: Loop) -> None:
    with loop.database.transaction() as session:
        drawn = select(PseudoLabel).where(PseudoLabel.finding == "nodule", PseudoLabel.public_dice.is_not(None))
        label = session.scalars(drawn.order_by(PseudoLabel.id)).first()
        assert label is not None
        for reader, says in (("R10", "present"), ("R9", "present"), ("R8", "absent")):
            said = {"image_id": label.image_id, "finding": "nodule", "reader": reader}
            session.add(SourceStatement(says=says, **said))
            if says == "present":
                session.add(SourceBox(left=4, top=5.5, right=16, bottom=20, **said))
        number = label.id
    enter(page, site, loop)
    page.goto(f"{site}/iterations/1/compare?label={number}")
    words = page.get_by_role("region", name="The source says")
    expect(words.get_by_text("Nodule: present · R9, R10")).to_be_visible()
    expect(words.get_by_text("Nodule: absent · R8")).to_be_visible()
    page.wait_for_load_state("networkidle")
    boxed = still(page, pane(page, "Public label"))
    shown = words.get_by_role("button", name="2 boxes · R9, R10")
    expect(shown).to_have_attribute("aria-pressed", "true")
    assert barriers(page) == []
    shown.click()
    expect(shown).to_have_attribute("aria-pressed", "false")
    assert still(page, pane(page, "Public label")) != boxed
    page.goto(f"{site}/iterations/1/compare?label={number}")
    expect(words).to_be_visible()
    page.keyboard.press("n")
    expect(words).to_have_count(0)  # of the next film its source says nothing


def test_the_list_goes_on_by_key(page: Page, site: str, loop: Loop) -> None:
    open_compare(page, site, loop)
    names = page.get_by_role("row").get_by_role("button").all_inner_texts()
    page.keyboard.press("n")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("row").nth(3)).to_have_attribute("aria-current", "true")
    page.keyboard.press("p")
    expect(page.get_by_role("row").nth(2)).to_have_attribute("aria-current", "true")
    with loop.database.transaction() as session:
        assert set(names) <= set(session.scalars(select(Image.file_name)))
