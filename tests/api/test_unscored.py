"""What an iteration could not be scored on is told over the API, after imports at their defaults."""

from pathlib import Path

import cv2
import numpy as np
from fastapi.testclient import TestClient

from tests.api.steps import API, sign_in
from tests.loop import FINDINGS, Loop
from tests.services.films.folders import film, folder_source


def test_what_test_films_do_not_show_is_told(client: TestClient, loop: Loop, tmp_path: Path) -> None:
    def told() -> dict[tuple[str, str], tuple[int, int]]:
        rows = client.get(f"{API}/projects/{loop.project_id}/unscored").json()
        return {(row["split"], row["finding"]): (row["positives"], row["negatives"]) for row in rows}

    sign_in(client, loop, "reader")
    assert client.get(f"{API}/projects/{loop.project_id}/unscored").status_code == 403
    sign_in(client, loop, "admin")
    assert {split for split, _ in told()} <= {"development"}  # there is no external film
    films = tmp_path / "tests"
    films.mkdir()
    lesion = np.zeros((24, 20), np.uint8)
    lesion[2:5, 2:5] = 255
    for number in range(2):
        film(films / f"{number}.png", number)
        cv2.imwrite(str(films / f"{number}__nodule.png"), lesion)
    folder_source(loop, films, "tests", "external")
    external = {finding: counts for (split, finding), counts in told().items() if split == "external"}
    assert external == dict.fromkeys(FINDINGS, (0, 2)) | {"nodule": (2, 0)}
    assert client.get(f"{API}/projects/999/unscored").status_code == 404
