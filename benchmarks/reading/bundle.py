"""What the browser loads: the built files, gzipped."""

import gzip
import re
from pathlib import Path

from benchmarks.goals import Goal

STATIC = re.compile(r"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""")
LAZY = re.compile(r"""import\(\s*["'`]\./([\w.-]+\.js)["'`]""")


def app_size(dist: Path) -> tuple[str, dict[str, float], list[Goal]]:
    """kB of the entry, of all routes with it, and of what a page fetches only when it needs it (the plots)."""
    assets = dist / "assets"
    index = (dist / "index.html").read_text()
    entry = set(re.findall(r"assets/([\w.-]+\.(?:js|css))", index))
    first = closure(assets, entry)
    routes = closure(assets, first | {name for chunk in entry for name in LAZY.findall(text(assets / chunk))})
    every = {path.name for path in assets.iterdir() if path.suffix in (".js", ".css")}
    routes |= {name for name in every if name.endswith(".css")}
    app = packed(assets, routes)
    numbers = {"entry kB": packed(assets, first), "app kB": app, "lazy kB": packed(assets, every - routes)}
    return "bundle", numbers, [Goal("whole app before lazy parts, kB gz", app, 350, least=False)]


def closure(assets: Path, names: set[str]) -> set[str]:
    """These files and all that they import at once."""
    found: set[str] = set()
    while names:
        found |= names
        names = {other for name in names for other in STATIC.findall(text(assets / name))} - found
    return found


def text(path: Path) -> str:
    return path.read_text() if path.suffix == ".js" and path.exists() else ""


def packed(assets: Path, names: set[str]) -> float:
    return sum(len(gzip.compress((assets / name).read_bytes(), 9)) for name in names) / 1000
