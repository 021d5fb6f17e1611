"""The door: who may come in, what a refusal looks like, and a read from claim to report over HTTP."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from overread import recipes
from overread.api.loop import iterations
from overread.app import create_app
from overread.domain.errors import MissingSecret
from overread.domain.imaging.films import unpack_film, unpack_maps
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.values import from_mapping
from overread.services.people import accounts
from overread.settings import Settings
from tests.api.steps import API, audited, sign_in
from tests.loop import FINDINGS, Loop
from tests.services.films.folders import exported_again, folder_source, shown


def test_every_route_but_the_door_asks_who_you_are(client: TestClient) -> None:
    door = {f"{API}/sign-in", f"{API}/sign-in/link", f"{API}/sign-out", f"{API}/health"}
    asked = 0
    for path, methods in client.app.openapi()["paths"].items():  # type: ignore[attr-defined]
        if path in door:
            continue
        for method in methods:
            answer = client.request(method, re.sub(r"{\w+}", "1", path), json=None if method == "get" else {})
            assert answer.status_code in (401, 422), (method, path, answer.status_code)
            if answer.status_code == 401:
                asked += 1
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["type"] == "urn:overread:unauthenticated"
    assert asked > 15


def test_a_reader_reads_and_launches_nothing(client: TestClient, loop: Loop) -> None:
    sign_in(client, loop, "reader")
    refused = client.post(f"{API}/projects/{loop.project_id}/iterations", json={"recipes": ["demo-teacher-a"]})
    assert refused.status_code == 403
    assert client.post(f"{API}/accounts/invite", json={"name": "x", "role": "admin"}).status_code == 403
    assert client.get(f"{API}/projects").status_code == 200


def test_a_link_works_once_and_sets_the_password(client: TestClient, loop: Loop) -> None:
    with loop.database.transaction() as session:
        assert accounts.needs_set_up(session)
        token = accounts.invite(session, "ada", "admin")
    body = {"token": token, "password": "twelve letters at least"}
    assert client.post(f"{API}/sign-in/link", json=body).json()["name"] == "ada"
    assert client.get(f"{API}/me").json()["role"] == "admin"
    assert client.post(f"{API}/sign-out").status_code == 204
    assert client.get(f"{API}/me").status_code == 401
    assert client.post(f"{API}/sign-in/link", json=body).status_code == 401
    wrong = client.post(f"{API}/sign-in", json={"name": "ada", "password": "not this one"})
    unknown = client.post(f"{API}/sign-in", json={"name": "bob", "password": "not this one"})
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert client.post(f"{API}/sign-in", json={"name": "ada", "password": body["password"]}).status_code == 200
    with loop.database.transaction() as session:
        assert not accounts.needs_set_up(session)


def test_guessing_is_slowed_down(client: TestClient) -> None:
    codes = [
        client.post(f"{API}/sign-in", json={"name": "ada", "password": f"guess {n}"}).status_code for n in range(12)
    ]
    assert codes[:10] == [401] * 10
    assert codes[10:] == [429, 429]


def test_a_disabled_account_is_out_at_once(client: TestClient, loop: Loop) -> None:
    sign_in(client, loop, "reader")
    with loop.database.transaction() as session:
        accounts.disable_account(session, client.get(f"{API}/me").json()["id"], by=loop.account_id)
    assert client.get(f"{API}/me").status_code == 401


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_other_sites_may_not_act(client: TestClient, loop: Loop, headers: dict[str, str]) -> None:
    sign_in(client, loop, "admin")
    assert client.post(f"{API}/projects", json={"name": "p", "findings": ["x"]}, headers=headers).status_code == 403
    assert len(client.get(f"{API}/projects").json()) == 1


def test_a_guessable_secret_does_not_start(settings: Settings) -> None:
    for secret in ("", "changeme", "a" * 64):
        with pytest.raises(MissingSecret):
            create_app(settings.model_copy(update={"secret": secret}))


def test_a_launch_goes_by_what_the_settings_say_of_workers(client: TestClient, loop: Loop) -> None:
    sign_in(client, loop, "admin")
    launches, starts = (f"{API}/projects/{loop.project_id}/{path}" for path in ("iterations", "encoders"))
    recipe = {"name": "x", "network": "efficientnet-b0", "encoder_weights": "imagenet"}
    start = recipe | {"start": {"method": "simclr", "batch": 8}}
    for answer in (client.post(launches, json={"recipes": [recipe]}), client.post(starts, json={"recipe": start})):
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:overread:invalid-recipe")
        assert "OVERREAD_HUB=true" in answer.json()["detail"]
    state = client.app.state  # type: ignore[attr-defined]
    reached = state.installation.settings.model_copy(update={"hub": True})
    state.installation = replace(state.installation, settings=reached)
    assert client.post(launches, json={"recipes": [recipe]}).status_code == 201
    assert client.post(starts, json={"recipe": start}).status_code == 202


def test_refusals_are_problems_in_words(client: TestClient, loop: Loop) -> None:
    sign_in(client, loop, "admin")
    unknown_key = client.post(
        f"{API}/projects/{loop.project_id}/iterations",
        json={"recipes": [{"name": "x", "network": "small-unet", "epoch": 3}]},
    )
    assert unknown_key.status_code == 422
    assert "Did you mean 'epochs'" in unknown_key.json()["detail"]
    extra = client.post(f"{API}/projects", json={"name": "p", "findings": ["x"], "id": 9})
    assert (extra.status_code, extra.json()["type"]) == (422, "urn:overread:invalid-input")
    assert client.get(f"{API}/iterations/999").json()["status"] == 404
    assert client.get(f"{API}/training-sets/..%2f..%2fetc/manifest").status_code == 404
    assert client.get(f"{API}/training-sets/{'0' * 64}/manifest").status_code == 404
    path = {"name": "f", "reader": "folder", "role": "pool", "licence": "x", "path": "../../etc"}
    assert client.post(f"{API}/projects/{loop.project_id}/sources", json=path).status_code == 422


def test_a_source_tells_of_its_near_twins_by_name(client: TestClient, loop: Loop, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    shown(first / "a.png", 0)
    exported_again(second / "b.jpg", first / "a.png")
    folder_source(loop, first, "first")
    folder_source(loop, second, "second", "external")
    sign_in(client, loop, "admin")
    sources = client.get(f"{API}/projects/{loop.project_id}/sources").json()
    (told,) = [note for source in sources for note in source["notes"] if note["remark"] == "twins"]
    assert (told["films"], told["names"]) == (1, ["second/b.jpg", "first/a.png"])
    sign_in(client, loop, "reader")
    for source in client.get(f"{API}/projects/{loop.project_id}/sources").json():
        assert [note["names"] for note in source["notes"]] == [[]] * len(source["notes"])
        assert not any("such as" in note["sentence"] for note in source["notes"] if note["remark"] == "twins")
    assert client.get(f"{API}/sources/1/report").status_code == 403
    sign_in(client, loop, "admin")
    (second_id,) = [source["id"] for source in sources if source["name"] == "second"]
    report = client.get(f"{API}/sources/{second_id}/report").json()
    assert report["splits"] == [{"split": "external", "films": 1, "patients": 1, "most_of_one": 1}]
    assert {one["finding"]: one["unknown"] for one in report["findings"]}["nodule"] == 1


def test_pixels_maps_and_thumbnails_are_the_stored_ones(client: TestClient, loop: Loop) -> None:
    sign_in(client, loop, "reader")
    _, audit_id = audited(client, loop)
    case = client.post(f"{API}/audits/{audit_id}/claim").json()
    image = case["image"]
    pixels = client.get(f"{API}/images/{image['id']}/pixels")
    assert pixels.headers["x-image-sha256"] == image["sha256"]
    assert unpack_film(pixels.content).shape == (image["height"], image["width"])
    maps = client.get(f"{API}/labellings/{case['labelling_id']}/images/{image['id']}/maps")
    assert unpack_maps(maps.content).shape == (5, 32, 32)
    assert client.get(f"{API}/images/{image['id']}/thumbnail?size=64").content.startswith(b"\x89PNG")


def submit(client: TestClient, case: dict[str, Any], **changes: Any) -> Any:
    verdicts = [{"finding": f["finding"], "verdict": "accept"} for f in case["findings"] if f["drawn"]]
    body = {"image_sha256": case["image"]["sha256"], "fence": case["fence"], "seconds": 3, "verdicts": verdicts}
    headers = {"If-Match": f'"{case["version"]}"', "Idempotency-Key": uuid4().hex} | changes.pop("headers", {})
    return client.post(f"{API}/cases/{case['id']}/reads", json=body | changes, headers=headers)


def test_an_audit_over_http(client: TestClient, loop: Loop) -> None:
    sign_in(client, loop, "admin")
    iteration_id, audit_id = audited(client, loop)
    launch = {"recipes": ["demo-teacher-a"], "alpha": 0.4, "min_reads": 10, "measure": 12, "fix": 10}
    shut = client.post(f"{API}/projects/{loop.project_id}/iterations", json=launch)
    assert (shut.status_code, shut.json()["type"]) == (409, "urn:overread:gate-shut")
    assert {clause["name"] for clause in shut.json()["clauses"]} == {"enough-reads", "certified-error"}
    first = client.post(f"{API}/audits/{audit_id}/claim").json()
    assert [f["finding"] for f in first["findings"]] == FINDINGS
    assert all("stream" not in f for f in first["findings"])
    saved = submit(client, first)
    assert (saved.status_code, saved.headers["etag"]) == (200, '"1"')
    late = submit(client, first)
    assert (late.status_code, late.json()["sibling"]) == (412, True)
    assert submit(client, first, headers={"If-Match": "*"}).status_code == 422
    while (case := client.post(f"{API}/audits/{audit_id}/claim").json()) is not None:
        assert submit(client, case).status_code == 200
    assert client.get(f"{API}/iterations/{iteration_id}/gate").json()["open"] is True
    # The refusal above is history: the report tells of the reads since.
    assert client.get(f"{API}/iterations/{iteration_id}/report").json()["gate"]["open"] is True
    started = client.post(f"{API}/projects/{loop.project_id}/iterations", json=launch)
    assert (started.status_code, started.json()["index"]) == (201, 1)
    assert client.get(f"{API}/audits/{audit_id}").json()["cases_done"] > 10
    manifest = client.get(f"{API}/training-sets/{started.json()['training_set_sha256']}/manifest")
    assert manifest.content.count(b"\n") == started.json()["training_set_counts"]["images"]
    assert client.get(f"{API}/iterations/{iteration_id}/gate/decisions").json()[-1]["open"] is True


def test_a_launch_reads_a_recipe_once(client: TestClient, loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(client, loop, "engineer")
    read: list[str] = []

    def counting(mapping: Mapping[str, Any]) -> Recipe:
        read.append(mapping["name"])
        return from_mapping(mapping)

    for module in (recipes, iterations):
        monkeypatch.setattr(module, "from_mapping", counting)
    whole = {"name": "whole", "network": "small-unet", "size": 32}
    body = {"recipes": ["demo-teacher-a", whole]}
    started = client.post(f"{API}/projects/{loop.project_id}/iterations", json=body)
    assert [run["recipe"]["name"] for run in started.json()["runs"]] == ["demo-teacher-a", "whole"]
    assert read == ["demo-teacher-a", "whole"]


def test_pseudo_labels_come_page_by_page(client: TestClient, loop: Loop) -> None:
    sign_in(client, loop, "reader")
    iteration_id, _ = audited(client, loop)
    for order, total in (("risk", 150), ("public_dice", None)):
        seen: list[int] = []
        values: list[float] = []
        after = None
        while True:
            query = {"order": order, "limit": 40} | ({"after": after} if after else {})
            page = client.get(f"{API}/iterations/{iteration_id}/pseudo-labels", params=query).json()  # type: ignore[arg-type]
            seen += [label["id"] for label in page["labels"]]
            values += [label[order] for label in page["labels"]]
            after = page["next"]
            if after is None:
                break
        assert len(seen) == len(set(seen))
        assert values == sorted(values, reverse=order == "risk")
        assert total is None or len(seen) == total
    assert client.get(f"{API}/iterations/{iteration_id}/pseudo-labels?order=id").status_code == 422
    assert client.get(f"{API}/iterations/{iteration_id}/pseudo-labels?after=x").status_code == 422
    told = client.get(f"{API}/pseudo-labels/{seen[0]}/comparison").json()
    assert {pane["name"] for pane in told["panes"]} == {"pseudo", "public"}
    assert all(pane["mask"]["size"] == [32, 32] for pane in told["panes"])


def test_progress_is_streamed_until_the_end(client: TestClient, loop: Loop) -> None:
    sign_in(client, loop, "admin")
    iteration = loop.launch()
    assert client.post(f"{API}/iterations/{iteration.id}/cancel").json()["stage"] == "cancelled"
    answer = client.get(f"{API}/iterations/{iteration.id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert '"stage":"cancelled"' in answer.text


def test_a_cancelled_job_ends_its_iteration_and_the_others_with_it(client: TestClient, loop: Loop) -> None:
    sign_in(client, loop, "admin")
    iteration = loop.launch(recipes=["demo-teacher-a", "demo-teacher-b"])
    path = f"{API}/iterations/{iteration.id}"
    first, second = client.get(path).json()["jobs"]
    assert client.post(f"{API}/jobs/{second['id']}/cancel").json()["state"] == "cancelled"
    ended = client.get(path).json()
    assert (ended["stage"], [job["state"] for job in ended["jobs"]]) == ("cancelled", ["cancelled", "cancelled"])
    resumed = client.post(f"{path}/resume").json()
    assert (resumed["stage"], [job["state"] for job in resumed["jobs"]]) == ("training", ["queued", "queued"])
    assert client.post(f"{API}/jobs/{first['id']}/cancel").status_code == 200


def test_a_missing_front_end_says_what_to_run(client: TestClient, settings: Settings, loop: Loop) -> None:
    bare = settings.model_copy(update={"frontend_dist": settings.data_folder / "nowhere"})
    with TestClient(create_app(bare), base_url="http://127.0.0.1:8000") as opened:
        answer = opened.get("/projects/1")
        assert (answer.status_code, "make setup" in answer.text) == (503, True)
        assert opened.get("/api/v1/nothing").status_code == 404
