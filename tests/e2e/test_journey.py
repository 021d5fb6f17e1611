"""One journey in a real browser: sign in, open the audit, fix a mask, submit, and find it in the next training set."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import select

from backend.app import create_app
from backend.db.tables import Image, Iteration, Mask, Read
from backend.services import accounts
from backend.services.training_sets import read_manifest
from backend.settings import Settings
from tests.loop import Loop

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
if CHROMIUM is None and os.environ.get("CI"):
    raise RuntimeError("CI needs Chromium: apt-get install chromium, or set CHROMIUM.")
# Not a skip: without a browser the journeys are not collected, and `make test` has said so loudly.
if CHROMIUM is None:
    collect_ignore = ["test_journey.py"]

FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture
def site(settings: Settings, loop: Loop) -> Iterator[str]:
    """The service on a free port, with an audit open."""
    loop.label(loop.launch(alpha=0.5))  # one fixed mask among twelve reads must not shut the gate
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    here = Settings(**settings.model_dump(exclude={"public_url"}) | {"port": port})
    options = {"log_level": "critical", "timeout_graceful_shutdown": 1}
    server = uvicorn.Server(uvicorn.Config(create_app(here), host="127.0.0.1", port=port, **options))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield here.public_url
    server.should_exit = True
    thread.join()


@pytest.fixture
def page() -> Iterator[Page]:
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS + root)
        opened = browser.new_page(viewport={"width": 1280, "height": 800})
        broken: list[str] = []
        opened.on("pageerror", lambda error: broken.append(str(error)))
        yield opened
        browser.close()
        assert broken == []


def enter(page: Page, site: str, loop: Loop) -> None:
    with loop.database.transaction() as session:
        token = accounts.invite(session, "ada", "admin")
    page.goto(f"{site}/sign-in#now={token}")
    expect(page.get_by_role("heading", name="Iterations", exact=True)).to_be_visible()


def open_first_case(page: Page, loop: Loop, site: str) -> None:
    enter(page, site, loop)
    page.get_by_role("link", name="Audit").click()
    page.get_by_role("link", name="Start reading").click()
    expect(page.get_by_role("button", name="Accept and next")).to_be_visible()


def choose_recipe(page: Page) -> None:
    page.get_by_role("combobox", name="Recipes").click(force=True)  # its visible frame takes the click, as a person's
    page.get_by_role("option", name="demo-teacher-a").click()
    page.keyboard.press("Escape")


def stroke(page: Page) -> None:
    """One quick stroke of the brush across the middle of the film."""
    box = page.locator("canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 90, y)
    page.mouse.down()
    page.mouse.move(x + 90, y + 40, steps=2)
    page.mouse.up()


def test_fix_a_mask_and_find_it_in_the_next_training_set(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    stroke(page)
    expect(page.get_by_role("button", name="Save and next")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Accept and next")).to_be_visible()
    page.keyboard.press("Control+Shift+Z")
    page.keyboard.press("a")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    with loop.database.transaction() as session:
        fix = session.scalars(select(Read).where(Read.verdict == "fix")).one()
        mask = session.get_one(Mask, fix.mask_id)
        image = session.get_one(Image, fix.image_id)
    assert mask.area > 10
    while page.get_by_text("Every case of this audit is read.").count() == 0:
        page.wait_for_timeout(50)
        if page.get_by_role("button", name="Accept and next").count():
            page.keyboard.press("a")
            page.wait_for_timeout(150)
    page.get_by_role("link", name="Back to the worklist").click()
    expect(page.get_by_text("Worklist")).to_be_visible()
    page.get_by_role("link", name="Overread").click()
    choose_recipe(page)
    page.get_by_role("textbox", name="α, the error let through").fill("0.3")
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_role("region", name="Iteration 1")).to_be_visible()
    with loop.database.transaction() as session:
        second = session.scalars(select(Iteration).where(Iteration.index == 1)).one()
    lines = {line["image"]: line["targets"] for line in read_manifest(loop.blobs, second.training_set_sha256)}
    assert lines[image.sha256][fix.finding] == {"kind": "read", "mask": mask.sha256, "weight": 1.0}


def test_a_read_survives_a_server_that_does_not_answer(page: Page, site: str, loop: Loop) -> None:
    open_first_case(page, loop, site)
    page.route("**/reads", lambda route: route.abort())
    stroke(page)
    page.keyboard.press("a")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    page.unroute("**/reads")
    page.reload()
    expect(page.get_by_role("group", name="Verdict")).to_be_visible()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with loop.database.transaction() as session:
            if session.scalars(select(Read).where(Read.verdict == "fix")).all():
                return
        page.wait_for_timeout(100)
    pytest.fail("the read was lost")


def test_a_shut_gate_says_which_clause_failed(page: Page, site: str, loop: Loop) -> None:
    enter(page, site, loop)
    choose_recipe(page)
    page.get_by_role("button", name="Launch").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The gate is shut")
    expect(alert).to_contain_text("Read 10 more")
    expect(page.get_by_role("textbox", name="Override, with your name")).to_be_visible()
