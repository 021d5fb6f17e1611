"""axe-core on the page as it stands: what keeps people out of it."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")


def barriers(page: Page) -> list[str]:
    """The serious and critical findings, one line each: rule, what it asks, and the elements."""
    # Evaluated, not added as a script: the page's own security policy would refuse it.
    page.evaluate(SOURCE.read_text())
    # Colours in the middle of a transition are nobody's colours.
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)))")
    found: list[dict[str, Any]] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']}: {one['help']}: {[(node['target'], node['any'][:1]) for node in one['nodes']]}"
        for one in found
        if one["impact"] in GRAVE
    ]
