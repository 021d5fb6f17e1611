"""A mask that was mended, over the command line and the API: a training set, the second import, what is told."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from overread.settings import Settings
from tests.api.steps import API, sign_in
from tests.commands import run
from tests.loop import Loop
from tests.services.films.folders import film


def test_a_mended_mask_is_told_and_the_training_set_stays(
    installation: Settings,
    client: TestClient,
    loop: Loop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def come(pixels: int) -> Any:
        lesion = np.zeros((24, 20), np.uint8)
        lesion[2:5, 2 : 2 + pixels] = 255
        cv2.imwrite(str(films / "a__nodule.png"), lesion)
        command = ["import", "loop", "folder", str(films), "--name", "ours", "--options", '{"shares": {"train": 1.0}}']
        assert run(monkeypatch, *command, "--json") == 0
        return json.loads(capsys.readouterr().out)

    sign_in(client, loop, "admin")
    films = tmp_path / "ours"
    films.mkdir()
    film(films / "a.png", 1)
    source = come(4)["source"]
    launched = client.post(f"{API}/projects/{loop.project_id}/iterations", json={"recipes": ["demo-teacher-a"]})
    first = launched.json()["training_set_sha256"]
    manifest = client.get(f"{API}/training-sets/{first}/manifest").content
    told = come(5)
    assert told["changed"] == 1
    assert told["notes"][-1] == (
        "1 masks are newer than those that iteration 0 learned from: the next launch learns from them."
    )
    report = client.get(f"{API}/sources/{source}/report").json()
    assert report["changed"] == [{"finding": "nodule", "split": "train", "films": 1}]
    assert report["older"] == [{"iteration": 0, "masks": 1}]
    lines = client.get(f"{API}/sources/{source}/lines", params={"outcome": "changed"}).json()
    assert [(line["file_name"], line["reason"]) for line in lines] == [
        ("a.png", "nodule of 15 px in the place of 12 px")
    ]
    assert client.get(f"{API}/training-sets/{first}/manifest").content == manifest
