"""What sources say beside masks, on a comparison: of its finding alone, and never before a film is read blind; nor what
readers say of public labels."""

from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select

from overread.app import create_app
from overread.db.tables import (
    AuditCase,
    Image,
    PseudoLabel,
    PublicLabelRead,
    Source,
    SourceBox,
    SourceMask,
    SourceStatement,
)
from overread.domain.imaging.masks import Rle
from overread.services.films.told import store_source_masks
from overread.settings import Settings
from tests.api.steps import API, audited, sign_in
from tests.loop import FINDINGS, Loop
from tests.sentinels import PLAN, cases_with

SIDES = {"left": 1.5, "top": 2, "right": 9, "bottom": 11.25}
NEVER_ENDS = "/events"


def say(loop: Loop, image_id: int, finding: str, reader: str, says: str = "present") -> None:
    with loop.database.transaction() as session:
        session.add(SourceStatement(image_id=image_id, finding=finding, reader=reader, says=says))
        session.add(SourceBox(image_id=image_id, finding=finding, reader=reader, **SIDES))


def call_wrong(loop: Loop, image_id: int, note: str) -> None:
    """A public label of fibrosis on a film, which another reader calls wrong."""
    with loop.database.transaction() as session:
        image = session.get_one(Image, image_id)
        source = session.get_one(Source, image.source_id)
        store_source_masks(session, source, image, FINDINGS, {"fibrosis": Rle.empty((image.height, image.width))})
        session.flush()
        mask = session.scalars(select(SourceMask.mask_id).where(SourceMask.image_id == image_id)).one()
        session.add(
            PublicLabelRead(
                image_id=image_id, image_sha256=image.sha256, finding="fibrosis", mask_id=mask,
                account_id=loop.account_id, verdict="wrong", note=note,
            )
        )  # fmt: skip


def bare(loop: Loop) -> set[int]:
    """Labels of films without a public label."""
    with loop.database.transaction() as session:
        public = select(SourceMask.image_id)
        return set(session.scalars(select(PseudoLabel.id).where(PseudoLabel.image_id.not_in(public))))


def test_a_comparison_tells_what_the_source_says_of_its_finding(client: TestClient, loop: Loop) -> None:
    sign_in(client, loop, "reader")
    iteration_id, _ = audited(client, loop)
    where = f"{API}/iterations/{iteration_id}/pairs"
    first, second = client.get(where, params={"finding": "nodule", "limit": 2}).json()["pairs"]
    say(loop, first["image_id"], "nodule", "R9")
    say(loop, first["image_id"], "nodule", "R10", "absent")
    say(loop, first["image_id"], "fibrosis", "R8", "uncertain")
    told = client.get(f"{API}/pseudo-labels/{first['id']}/comparison").json()
    assert told["statements"] == [{"says": "absent", "reader": "R10"}, {"says": "present", "reader": "R9"}]
    assert told["source_boxes"] == [{**SIDES, "reader": "R10"}, {**SIDES, "reader": "R9"}]
    beside = client.get(f"{API}/pseudo-labels/{second['id']}/comparison").json()
    assert beside["statements"] == beside["source_boxes"] == []


def test_nothing_of_it_reaches_who_is_to_read_blind(client: TestClient, settings: Settings, loop: Loop) -> None:
    sign_in(client, loop, "reader")
    iteration = loop.launch(**PLAN)
    loop.label(iteration, 0.4)
    without = bare(loop)
    case_id, finding, label_id = next(one for one in cases_with(loop, "blind") if one[2] in without)
    with loop.database.transaction() as session:
        case, label = session.get_one(AuditCase, case_id), session.get_one(PseudoLabel, label_id)
        image_id = label.image_id
        known: dict[str, Any] = {"audit_id": case.audit_id, "labelling_id": label.labelling_id, "finding": finding}
        labels = session.scalars(select(PseudoLabel.id).where(PseudoLabel.image_id == image_id)).all()
    for one in FINDINGS:
        say(loop, image_id, one, "canary")
    call_wrong(loop, image_id, "canary")
    known |= {"project_id": loop.project_id, "iteration_id": iteration.id, "image_id": image_id, "case_id": case_id}
    known |= dict.fromkeys(("source_id", "run_id", "job_id", "account_id"), 1) | {"kind": "svg", "form": "source-boxes"}
    known |= {"sha256": "0" * 64, "name": "x", "beside": case_id}
    answers = [client.post(f"{API}/cases/{case_id}/claim").text]
    for path, methods in create_app(settings).openapi()["paths"].items():
        if "get" in methods and not path.endswith(NEVER_ENDS):
            asked = path.format_map(known | {"label_id": label_id})
            answers.append(client.get(asked, params={"finding": finding, "beside": case_id}).text)
    answers += [client.get(f"{API}/pseudo-labels/{one}/comparison").text for one in labels]
    assert len(answers) > 50
    assert not [answer for answer in answers if "canary" in answer]
    assert client.get(f"{API}/pseudo-labels/{label_id}/comparison").status_code == 409


def test_verdicts_on_public_labels_are_told_of_films_that_nobody_is_to_read_blind(
    client: TestClient, loop: Loop
) -> None:
    sign_in(client, loop, "reader")
    audited(client, loop)
    with loop.database.transaction() as session:
        image_id = session.scalars(select(PseudoLabel.image_id).where(PseudoLabel.id.in_(bare(loop))).limit(1)).one()
    call_wrong(loop, image_id, "canary")
    assert "canary" in client.get(f"{API}/projects/{loop.project_id}/public-label-reads.csv").text
