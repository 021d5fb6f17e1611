"""A source is looked at, understood otherwise, looked at again and imported in a browser; nothing is lost meanwhile."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import func, select

from overread.datasets import READERS
from overread.db.tables import Image, Job, Source
from overread.services.jobs import claim_job
from overread.services.people import accounts
from overread.settings import Settings
from overread_worker.tasks.__main__ import run
from tests.e2e.axe import barriers
from tests.e2e.english import english
from tests.e2e.service import Service
from tests.e2e.steps import enter
from tests.faults.workers import kill, worker
from tests.loop import Loop
from tests.services.films.folders import lines
from tests.services.films.kinds import chestxdet
from tests.waiting import until

# Words of files, of readers and of the source itself, which no language changes.
DATA = {
    "img", "src", "onerror", "document", "title", "sons", "images", "det", "png", "Mass",
}  # fmt: skip
FILMS = 160  # of an import that takes a while
ONE_MASS = '[{"file_name": "0_0.png", "syms": ["Mass"], "polygons": [[[0, 0], [0, 9], [9, 9]]]}]'
HOSTILE = '<img src=x onerror="document.title=1"> & sons'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An import folder with a set in a folder of a hostile name."""
    folder = tmp_path / "root" / HOSTILE
    folder.mkdir(parents=True)
    chestxdet(folder)
    (folder / "images" / "not named.png").write_bytes(b"")
    return tmp_path / "root"


@pytest.fixture
def service(settings: Settings, loop: Loop, site_port: int, root: Path) -> Iterator[Service]:
    own = settings.model_dump(exclude={"public_url"}) | {"port": site_port, "import_root": root}
    served = Service(Settings(**own))
    served.start()
    yield served
    served.stop()


def well(page: Page) -> None:
    """On a phone and on a desk nothing keeps people out, and nothing stands out of the screen's right edge."""
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        page.mouse.move(2, 400)
        assert barriers(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def work(loop: Loop, settings: Settings) -> None:
    """The job that waits is done, as a worker does it."""
    with loop.database.transaction() as session:
        job = session.scalars(select(Job).where(Job.state == "queued").order_by(Job.id)).one()
        claimed = claim_job(session, job.id, "test", 600)
    assert claimed is not None
    assert run(settings, claimed.id, claimed.fence) == 0


def report(drawn: Locator) -> dict[str, str]:
    """What is drawn, but for the names, which can be changed in one of the two drawings."""
    parts = ("Films and patients", "Findings", "Refused, by reason")
    return {part: drawn.get_by_role("region", name=part).inner_text() for part in parts}


def ask(page: Page) -> Locator:
    """Fill the form in and preview, without a mouse; reload in the middle: the page knows what it was asked."""
    page.get_by_role("combobox", name="Reader").select_option("chestxdet")
    page.get_by_role("button", name=HOSTILE).press("Enter")
    expect(page.get_by_role("button", name="images")).to_be_visible()
    page.get_by_role("combobox", name="Role").select_option("pool")
    page.get_by_role("textbox", name="Name").fill("det")
    well(page)
    page.get_by_role("textbox", name="Name").press("Enter")
    running = page.get_by_role("region", name="Previewing")
    expect(running).to_contain_text("It waits for a worker.")
    well(page)
    page.reload()
    expect(running).to_contain_text("It waits for a worker.")
    expect(page.get_by_role("textbox", name="Name")).to_have_value("det")
    expect(page.get_by_role("combobox", name="Role")).to_have_value("pool")
    return running


def say_otherwise(page: Page, running: Locator) -> None:
    """A mass is a nodule here: what was seen is of yesterday, and has to be looked at again."""
    page.get_by_role("combobox", name="Mass is taken for").select_option("nodule")
    expect(page.get_by_role("status").filter(has_text="Something was changed")).to_be_visible()
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    well(page)
    page.get_by_role("button", name="Preview again").press("Enter")
    expect(running).to_be_visible()


def test_a_source_is_looked_at_and_imported_as_it_was_seen(
    page: Page, site: str, loop: Loop, settings: Settings
) -> None:
    enter(page, site, loop)
    page.get_by_role("link", name="Import").click()
    running = ask(page)
    work(loop, settings)
    found, came = (page.get_by_role("region", name=f"What {word} in") for word in ("would come", "came"))
    expect(found).to_contain_text("3 added")
    found.get_by_text("the annotations do not name it").click()
    expect(found.get_by_role("list", name=re.compile("Files refused"))).to_contain_text("not named.png")
    assert lines(loop, "det") == {}
    well(page)

    say_otherwise(page, running)
    work(loop, settings)
    expect(found.get_by_role("region", name="Findings")).to_contain_text(
        "1 with it, 2 without, 0 unknown; masks from 39"
    )
    seen = report(found)
    page.get_by_role("button", name="Import", exact=True).press("Enter")
    importing = page.get_by_role("region", name="Importing")
    expect(importing).to_be_visible()
    page.reload()
    expect(importing).to_be_visible()
    work(loop, settings)
    expect(came).to_be_visible()
    assert (report(came), len(lines(loop, "det"))) == (seen, 4)
    expect(page.get_by_role("listitem").filter(has_text="det")).to_contain_text("pool, 3 films")
    well(page)
    page.get_by_role("link", name="hospital").click()
    expect(came).to_contain_text("hospital, as it lies here now")
    assert page.title() == "Overread"


def test_the_page_is_korean_and_a_fault_is_told_in_words(
    page: Page, site: str, loop: Loop, settings: Settings, root: Path
) -> None:
    enter(page, site, loop)
    page.goto(f"{site}/projects/{loop.project_id}/import")
    page.get_by_role("combobox", name="Reader").select_option("chestxdet")
    page.get_by_role("button", name=HOSTILE).click()
    page.get_by_role("textbox", name="Name").fill("hospital")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("alert")).to_contain_text("exists with another reader")
    well(page)
    page.get_by_role("textbox", name="Name").fill("det")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Previewing")).to_be_visible()
    (root / HOSTILE / "annotations.json").write_text("[")
    work(loop, settings)
    expect(page.get_by_role("alert")).to_contain_text("annotations.json is no JSON")
    (root / HOSTILE / "annotations.json").write_text(ONE_MASS)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Previewing")).to_be_visible()
    work(loop, settings)
    expect(page.get_by_role("region", name="What would come in")).to_be_visible()
    page.get_by_role("combobox", name="Language").select_option("ko")
    expect(page.get_by_role("heading", level=1)).to_have_text("가져오기")
    assert {line.partition(":")[0] for line in english(page)} - DATA - READERS.keys() == set()


def test_a_reader_has_no_page_to_import_on(page: Page, site: str, loop: Loop) -> None:
    with loop.database.transaction() as session:
        token = accounts.invite(session, "bob", "reader")
    page.goto(f"{site}/sign-in#now={token}")
    expect(page.get_by_role("heading", name="Iterations", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Import")).to_have_count(0)
    page.goto(f"{site}/projects/{loop.project_id}/import")
    expect(page.get_by_role("alert")).to_contain_text("Not allowed for this role")
    expect(page.get_by_role("button", name="Preview")).to_have_count(0)


def test_an_import_goes_on_when_its_worker_is_killed(page: Page, site: str, loop: Loop, settings: Settings) -> None:
    enter(page, site, loop)
    page.goto(f"{site}/projects/{loop.project_id}/import")
    page.get_by_role("combobox", name="Reader").select_option("phantom")
    page.get_by_role("combobox", name="Role").select_option("pool")
    page.get_by_role("textbox", name="Name").fill("many")
    page.get_by_text("More options of this reader").click()
    page.get_by_role("textbox", name="count").fill(str(FILMS))
    page.get_by_role("button", name="Preview").click()
    with worker(settings, "cpu") as first:
        expect(page.get_by_role("region", name="What would come in")).to_contain_text(f"{FILMS} added", timeout=120_000)
        page.get_by_role("button", name="Import", exact=True).click()
        until(lambda: 0 < films(loop) < FILMS)
        kill(first)
    assert 0 < films(loop) < FILMS
    with worker(settings, "cpu"):
        expect(page.get_by_role("region", name="What came in")).to_contain_text(f"{FILMS} films of", timeout=120_000)
    assert films(loop) == FILMS


def films(loop: Loop) -> int:
    query = select(func.count()).select_from(Image).join(Source, Source.id == Image.source_id)
    with loop.database.transaction() as session:
        return session.scalar(query.where(Source.name == "many")) or 0
