"""How these pages are built (`make docs`): Sphinx, MyST and Furo; a page may list the routes of the API."""

import json
from pathlib import Path

from docutils.nodes import Node
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

project, author, language = "Overread", "The engineers of Overread", "en"
extensions = ["myst_parser"]
nitpicky = True  # with --fail-on-warning: what cannot be found ends the build
highlight_language = "text"
myst_heading_anchors = 3
html_theme, html_title = "furo", "Overread"
html_copy_source = False

OPENAPI = Path(__file__).resolve().parents[1] / "frontend" / "src" / "api" / "openapi.json"


def routes(document: dict[str, dict[str, dict[str, dict[str, str]]]]) -> str:
    """Tables of the routes in Markdown, one for each tag, in the document's order."""
    rows: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            told = " ".join(route["description"].split()).replace("|", "\\|").replace("``", "`")
            rows.setdefault(route["tags"][0], []).append(f"| `{method.upper()} {path}` | {told} |")
    head = "| Route | What it does |\n|---|---|"
    return "\n\n".join("\n".join([f"## {tag.capitalize()}\n", head, *lines]) for tag, lines in rows.items())


class Routes(SphinxDirective):
    """``{routes}``: every route of the OpenAPI document that the web's client is generated from."""

    def run(self) -> list[Node]:
        self.env.note_dependency(str(OPENAPI))
        return self.parse_text_to_nodes(routes(json.loads(OPENAPI.read_text())), allow_section_headings=True)


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.add_directive("routes", Routes)
