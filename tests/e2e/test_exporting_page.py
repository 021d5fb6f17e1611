"""Labels out of the browser: chosen in a small menu, downloaded as a file."""

import csv
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import select

from overread.db.tables import Image, SourceBox
from tests.e2e.steps import enter
from tests.loop import Loop


def test_labels_are_downloaded_as_they_were_chosen(page: Page, site: str, loop: Loop, tmp_path: Path) -> None:
    enter(page, site, loop)
    expect(page.get_by_role("link", name="Download")).to_be_hidden()
    page.get_by_text("Export labels…").click()
    page.get_by_role("combobox", name="Format").select_option("boxes")
    page.get_by_role("combobox", name="Finding", exact=True).select_option("nodule")
    page.get_by_role("combobox", name="Whose word").select_option("pseudo")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    assert waiting.value.suggested_filename == "boxes.csv"
    waiting.value.save_as(tmp_path / "boxes.csv")
    with (tmp_path / "boxes.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {(row["finding"], row["by"]) for row in rows} == {("nodule", "pseudo")}
    assert len({row["file"] for row in rows}) == 30


def test_the_machines_word_is_chosen_by_source_split_decision_and_iteration(page: Page, site: str, loop: Loop) -> None:
    enter(page, site, loop)
    page.get_by_text("Export labels…").click()
    page.get_by_role("combobox", name="Format").select_option("boxes")
    page.get_by_role("combobox", name="Machine's decision").select_option("negative")
    page.get_by_role("combobox", name="Iteration").select_option("0")
    page.get_by_role("combobox", name="Source").select_option("pool")
    page.get_by_role("combobox", name="Split").select_option("pool")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    rows = list(csv.DictReader(waiting.value.path().open(newline="", encoding="utf-8")))
    assert {(row["split"], row["decision"]) for row in rows} == {("pool", "negative")}


def test_what_cannot_go_out_says_why(page: Page, site: str, loop: Loop) -> None:
    enter(page, site, loop)
    page.get_by_text("Export labels…").click()
    page.get_by_role("combobox", name="Format").select_option("siim")
    expect(page.get_by_text("SIIM's file is of one finding: choose it.")).to_be_visible()
    expect(page.get_by_role("link", name="Download")).to_be_hidden()
    page.get_by_role("combobox", name="Finding", exact=True).select_option("nodule")
    page.get_by_role("textbox", name="Reader's name").fill("nobody at all")
    page.get_by_role("link", name="Download").click()
    expect(page.get_by_text("There is nobody called 'nobody at all'.")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Iterations", exact=True)).to_be_visible()


def test_boxes_of_a_source_are_downloaded_whoever_has_a_word(page: Page, site: str, loop: Loop) -> None:
    with loop.database.transaction() as session:
        for split in ("pool", "train"):
            image = session.scalars(select(Image.id).where(Image.split == split).order_by(Image.id)).first()
            box = {"left": 1, "top": 2, "right": 3, "bottom": 4.5}
            session.add(SourceBox(image_id=image, finding="nodule", reader="R9", **box))
    enter(page, site, loop)
    page.get_by_text("Export labels…").click()
    page.get_by_role("combobox", name="Whose word").select_option("pseudo")
    page.get_by_role("combobox", name="Format").select_option("source-boxes")
    expect(page.get_by_role("combobox", name="Whose word")).to_be_hidden()
    page.get_by_role("combobox", name="Source", exact=True).select_option("pool")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    assert waiting.value.suggested_filename == "source-boxes.csv"
    with waiting.value.path().open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["source"], row["reader"], row["y_max"]) for row in rows] == [("pool", "R9", "4.5")]
