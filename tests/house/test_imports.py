"""The service imports without torch; the contracts of pyproject.toml bite."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# As in an environment that has only the service: every module of the service, and no worker's library to be had.
ALONE = """
import importlib, pkgutil, sys

GONE = {"torch", "torchvision", "segmentation_models_pytorch", "albumentations", "timm", "lightning_fabric",
        "safetensors", "overread_worker"}

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in GONE:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())
import overread
names = [module.name for module in pkgutil.walk_packages(overread.__path__, "overread.")]
for name in sys.argv[1:] or names:
    importlib.import_module(name)
print(len(names))
"""


def test_every_module_of_the_service_imports_without_torch() -> None:
    answer = subprocess.run([sys.executable, "-c", ALONE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert int(answer.stdout) >= len(list((ROOT / "backend").rglob("[a-z]*.py")))


def test_the_environment_without_torch_is_one() -> None:
    command = [sys.executable, "-c", ALONE, "torch"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "No module named 'torch'" in answer.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("backend/overread/services/planted.py", "import torch", "never meets torch"),
        ("backend/overread/db/planted.py", "import overread.services.jobs", "api > services > db"),
        ("backend/overread/domain/planted.py", "import sqlalchemy", "arithmetic and policy"),
        ("backend/overread/planted.py", "x = 1", "takes its place"),
        ("backend/overread/services/audit/planted.py", "import overread.services.gate.judging", "rooms of services"),
        ("backend/overread/services/planted.py", "x = 1", "rooms of services"),
        ("backend/overread/api/films.py", "import overread.api.loop.power", "rooms of the API"),
        ("backend/overread/api/films.py", "from overread.db.tables import Image", "API is HTTP only"),
        ("backend/overread/api/jobs.py", "from sqlalchemy import select", "API is HTTP only"),
        ("backend/overread/domain/sampling/planted.py", "import overread.domain.policy.gate", "rooms of the domain"),
        ("worker/overread_worker/ml/planted.py", "import overread.db.session", "arrays and paths"),
        ("worker/overread_worker/ml/augment.py", "import albumentations", "behind one file"),
        ("worker/overread_worker/tasks/films.py", "import overread_worker.ml.dataset", "loads no torch"),
        ("worker/overread_worker/tasks/label.py", "import overread_worker.ml.train", "nothing that trains"),
    ],
)
def test_a_planted_import_breaks_its_contract(tmp_path: Path, module: str, line: str, contract: str) -> None:
    for name in ("backend", "worker", "pyproject.toml"):
        subprocess.run(["cp", "-r", ROOT / name, tmp_path / name], check=True)
    with (tmp_path / module).open("a") as file:
        file.write(line + "\n")
    command: list[str | Path] = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    environment = {"PYTHONPATH": f"{tmp_path}/backend:{tmp_path}/worker", "PATH": "/usr/bin:/bin", "COLUMNS": "200"}
    answer = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1, answer.stdout
    assert re.search(rf"{contract}((?!KEPT).)*BROKEN", " ".join(answer.stdout.split())), answer.stdout


def test_no_process_of_ours_imports_from_the_folder_that_somebody_stands_in() -> None:
    """A folder ``dl`` of downloads is no module, though GDCM asks for one; and a file there is nobody's to run."""
    started = re.compile(r"\[sys\.executable, (?!\"-P\")")
    assert started.search('[sys.executable, "-m", "overread.cli"]')
    sources = [path for room in ("backend", "worker", "benchmarks") for path in (ROOT / room).rglob("*.py")]
    assert [str(path) for path in sources if started.search(path.read_text())] == []
