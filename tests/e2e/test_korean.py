"""In Korean no page shows English of ours; switching the language loses nothing that was typed."""

import re

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from overread.db.tables import PseudoLabel, SourceBox, SourceStatement
from tests.e2e.english import english
from tests.e2e.steps import choose_recipe, enter
from tests.loop import Loop

HANGUL = re.compile("[가-힣]")


def pages(page: Page, loop: Loop, label: int) -> dict[str, Locator]:
    """Each page's path, and what stands on it once it is there."""
    return {
        f"/projects/{loop.project_id}/dashboards": page.get_by_role("heading", name="대시보드"),
        "/iterations/1/compare": page.get_by_role("img", name=re.compile("의 의사 마스크")),
        "/iterations/1/compare?mode=side": page.get_by_text(re.compile("불확실 · R9")),
        "/iterations/1/compare?mode=difference": page.get_by_role("img", name=re.compile("의 차이")),
        "/iterations/1/compare?against=read": page.get_by_role("button", name="모든 쌍 보기"),
        f"/pseudo-labels/{label}/figure": page.get_by_role("heading", name="그림"),
        "/iterations/1/pool": page.get_by_role("listbox").get_by_role("option", name=re.compile("신뢰도")).first,
        "/audits/1": page.get_by_role("row").nth(1),
        "/audits/999": page.get_by_role("alert"),
        "/audits/1/read": page.get_by_role("button", name="승인하고 다음"),
        "/people": page.get_by_role("heading", name="초대하기"),
        "/trail": page.get_by_role("status").filter(has_text="온전합니다"),
        "/promise": page.get_by_role("heading", name="약속을 재다"),
        "/no-such-page": page.get_by_role("heading", name="없는 페이지"),
    }


def test_no_page_is_left_in_english_and_a_form_survives_the_switch(page: Page, site: str, loop: Loop) -> None:
    enter(page, site, loop)
    choose_recipe(page)
    page.get_by_role("textbox", name="Seed").fill("7")
    page.get_by_role("combobox", name="Language").select_option("ko")
    expect(page.get_by_role("heading", level=1)).to_have_text("반복 학습")
    expect(page.get_by_role("textbox", name="시드")).to_have_value("7")
    page.get_by_role("button", name="시작").click()  # the recipe is still chosen, the gate is shut
    expect(page.get_by_role("alert")).to_contain_text("관문이 닫혀 있습니다")
    left = {"iterations": english(page)}
    with loop.database.transaction() as session:
        label = session.scalars(select(PseudoLabel.id).where(PseudoLabel.public_dice.is_not(None)).limit(1)).one()
        for image_id, finding in session.execute(select(PseudoLabel.image_id, PseudoLabel.finding)):
            said = {"image_id": image_id, "finding": finding, "reader": "R9"}
            session.add(SourceStatement(says="uncertain", **said))
            session.add(SourceBox(left=1, top=1, right=9, bottom=9, **said))
    for path, there in pages(page, loop, label).items():
        page.goto(f"{site}{path}")
        expect(there).to_be_visible()
        page.wait_for_load_state("networkidle")
        left[path] = english(page)
        if path.endswith("/read"):
            page.keyboard.press("m")
            page.keyboard.press("?")
            expect(page.get_by_role("dialog", name="단축키")).to_be_visible()
            left["keys"] = english(page)
    assert "\n".join(f"{path} {line}" for path, lines in left.items() for line in lines) == ""
    # The walk sees what is planted, as a text and as a name that is read aloud.
    page.evaluate("document.querySelector('main, body').insertAdjacentHTML('beforeend', '<p>Planted words</p>')")
    page.evaluate("[...document.querySelectorAll('p')].at(-1).setAttribute('aria-label', 'Hidden name')")
    assert {line.split(":")[0] for line in english(page)} == {"Planted", "words", "Hidden", "name"}


def test_the_door_and_the_first_visit_are_korean(page: Page, site: str, loop: Loop) -> None:
    page.goto(f"{site}/sign-in")
    page.get_by_role("combobox", name="Language").select_option("ko")
    expect(page.get_by_role("button", name="로그인")).to_be_visible()
    assert english(page) == []
    page.route("**/api/v1/projects", lambda route: route.fulfill(json=[]))
    with loop.database.transaction() as session:
        from overread.services.people import accounts

        token = accounts.invite(session, "ada", "admin")
    page.goto(f"{site}/sign-in#now={token}")
    expect(page.get_by_role("heading", level=1)).to_have_text(HANGUL)
    assert english(page) == []
