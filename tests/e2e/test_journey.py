"""One journey in a real browser: sign in, open the audit, fix a mask, submit, and find it in the next training set."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy import select

from overread.db.tables import Image, Iteration, Mask, Read
from overread.domain.learning.manifest import Target
from overread.services.loop.training_sets import read_manifest
from tests.e2e.steps import accept, choose_recipe, enter, open_first_case, stroke
from tests.loop import Loop


def test_fix_a_mask_and_find_it_in_the_next_training_set(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    stroke(page)
    expect(page.get_by_role("button", name="Save and next")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Accept and next")).to_be_visible()
    page.keyboard.press("Control+Shift+Z")
    accept(page)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    with loop.database.transaction() as session:
        fix = session.scalars(select(Read).where(Read.verdict == "fix")).one()
        mask = session.get_one(Mask, fix.mask_id)
        image = session.get_one(Image, fix.image_id)
    assert mask.area > 10
    done = page.get_by_text("Nothing is left for you to read in this audit.")
    for _ in range(200):  # more than there are films and findings
        expect(page.locator("button.loud[aria-disabled=false]").or_(done)).to_be_visible()
        if done.count():
            break
        accept(page)
    page.get_by_role("link", name="Back to the worklist").click()
    expect(page).to_have_url(re.compile(r"/audits/\d+$"))
    page.get_by_role("link", name="Overread").click()
    choose_recipe(page)
    page.get_by_role("textbox", name="α, the error let through").fill("0.3")
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_role("region", name="Iteration 1")).to_be_visible()
    with loop.database.transaction() as session:
        second = session.scalars(select(Iteration).where(Iteration.index == 1)).one()
    lines = {line.image: line.targets for line in read_manifest(loop.blobs, second.training_set_sha256)}
    assert lines[image.sha256][fix.finding] == Target("read", mask.sha256, 1.0)


def test_a_shut_gate_says_which_clause_failed(page: Page, site: str, loop: Loop) -> None:
    enter(page, site, loop)
    choose_recipe(page)
    page.get_by_role("button", name="Launch").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The gate is shut")
    expect(alert).to_contain_text("Read 10 more")
    expect(page.get_by_role("textbox", name="Override, with your name")).to_be_visible()
