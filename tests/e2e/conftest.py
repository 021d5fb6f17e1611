"""A service with an audit open, and a page of a real browser on it."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from overread.settings import Settings
from tests.e2e.service import Service
from tests.loop import Loop
from tests.waiting import free_port

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
if CHROMIUM is None and os.environ.get("CI"):
    raise RuntimeError("CI needs Chromium: apt-get install chromium, or set CHROMIUM.")
# Not a skip: without a browser the journeys are not collected, and `make test` has said so loudly.
if CHROMIUM is None:
    collect_ignore_glob = ["test_*.py"]

# Two busy cores may take longer than Playwright's five seconds to draw a page: what is awaited must come, not soon.
expect.set_options(timeout=30_000)
FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture
def service(settings: Settings, loop: Loop, site_port: int) -> Iterator[Service]:
    """The service, to be stopped and started again."""
    served = Service(Settings(**settings.model_dump(exclude={"public_url"}) | {"port": site_port}))
    served.start()
    yield served
    served.stop()


@pytest.fixture
def site_port() -> int:
    return free_port()


@pytest.fixture
def site(service: Service) -> str:
    """The service on a free port, with an audit open."""
    return service.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS + root)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that knows nothing of other tests."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    broken: list[str] = []
    opened.on("pageerror", lambda error: broken.append(str(error)))
    yield opened
    context.close()
    assert broken == []
