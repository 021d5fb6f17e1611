"""What is built can be installed: a wheel carries migrations, recipes and the web, and serves outside a checkout."""

import os
import socket
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import httpx2
import pytest

from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run([*command, "-t", "sdist"], cwd=ROOT, check=True, capture_output=True)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder / "source", filter="data")
    source = next((folder / "source").iterdir())
    subprocess.run([*command, "-t", "wheel"], cwd=source, check=True, capture_output=True)
    return folder


def test_the_wheel_has_all_that_the_code_reads_and_nothing_of_a_checkout(built: Path) -> None:
    names = zipfile.ZipFile(next(built.glob("*.whl"))).namelist()
    roots = {name.split("/")[0] for name in names}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"overread", "overread_worker"}
    for wanted in (
        "py.typed",
        "migrations/env.py",
        "recipes/demo-student.toml",
        "measured/promise.json",
        "encoders/names.txt",
        "web/index.html",
    ):
        assert f"overread/{wanted}" in names
    versions = {path.name for path in (ROOT / "migrations" / "versions").glob("*.py")}
    assert {name.rsplit("/", 1)[1] for name in names if name.startswith("overread/migrations/versions/")} == versions


def test_an_installed_wheel_migrates_and_serves_the_page(built: Path, tmp_path: Path) -> None:
    """In a venv of its own, away from the checkout; libraries are those of the tests, our packages the wheel's."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", *built.glob("*.whl")], check=True)
    here = next(path for path in map(Path, sys.path) if path.name == "site-packages")
    own = next((tmp_path / "venv/lib").glob("python*/site-packages"))
    (own / "libraries.pth").write_text(f"{here}\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    bare = {
        "PATH": f"{tmp_path}/venv/bin:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "OVERREAD_DATA_FOLDER": str(tmp_path / "data"),
    }
    where = subprocess.run(
        [python, "-c", "import overread, overread_worker; print(overread.__file__)"],
        cwd=tmp_path, env=bare, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert where.startswith(str(own))
    command: list[str | Path] = [tmp_path / "venv/bin/overread", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, env=os.environ | bare | {"PYTHONPATH": ""}) as served:
        try:
            until(lambda: answers(port))
            page = httpx2.get(f"http://127.0.0.1:{port}/")
            assert "<title>Overread" in page.text
            assert httpx2.get(f"http://127.0.0.1:{port}/api/v1/recipes").status_code == 401
        finally:
            served.terminate()


def answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/api/v1/health", timeout=5).status_code in (200, 401)
    except httpx2.TransportError:
        return False
