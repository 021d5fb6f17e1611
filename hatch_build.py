"""What a wheel carries beside the code (``overread.shipped``); an editable installation reads it in the checkout."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CARRIED = {"migrations": "overread/migrations", "frontend/dist": "overread/web"}


class Carried(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the folders; raises FileNotFoundError where the web is not built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "standard":
            return
        if not (Path(self.root) / "frontend" / "dist" / "index.html").exists():
            raise FileNotFoundError("The web is not built: `make wheel` builds it first, and then the wheel.")
        build_data["force_include"] |= CARRIED
