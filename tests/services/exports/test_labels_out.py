"""Labels as they stand: whose word goes out, and what never does."""

from typing import Any

import pytest
from sqlalchemy import select

from overread.datasets.phantoms.phantom import truth
from overread.db.session import Database
from overread.db.tables import HoldoutReference, Image, Mask, PseudoLabel, Read, SourceMask
from overread.domain.errors import InvalidInput, NotFound
from overread.services.explore.public_labels import read_public_label
from overread.services.exports.labels import Label
from overread.services.films.masks import rle_of
from overread.settings import Settings
from overread.storage import BlobStore
from tests.exporting import films, out
from tests.loop import FINDINGS, POOL, Loop, make_loop
from tests.reading import audited, claim, read_all, read_case
from tests.sentinels import PLAN, cases_with, open_case, submit


def kinds(labels: dict[tuple[str, str], Label]) -> set[str]:
    return {label.by for label in labels.values()}


def test_references_alone_before_a_machine_labelled(loop: Loop) -> None:
    labels = out(loop)
    assert kinds(labels) == {"reference"}
    assert len(labels) == 12 * len(FINDINGS)
    with loop.database.transaction() as session:
        query = select(Image, Mask, SourceMask).join(SourceMask, SourceMask.image_id == Image.id)
        for image, mask, came in session.execute(query.join(Mask, Mask.id == SourceMask.mask_id)):
            if came.kind == "reference":
                label = labels[image.sha256, came.finding]
                assert label.mask == rle_of(mask, image)
                assert label.told == ("lesion" if mask.area else "no_lesion")


def test_a_machines_labels_say_by_what_they_were_decided(loop: Loop) -> None:
    iteration, _ = audited(loop, recipes=["demo-teacher-a", "demo-teacher-b"])
    labels = out(loop, split="pool")
    assert kinds(labels) == {"pseudo"}
    assert len(labels) == 30 * len(FINDINGS)
    one = next(label for label in labels.values() if label.told == "lesion")
    assert one.machine is not None
    by = iteration.plan.recipes[0].labelling
    assert (one.machine.tau_neg, one.machine.tau_pos) == by.thresholds(one.finding)
    assert (one.machine.iteration, one.machine.decision, one.machine.tau_mask) == (0, "positive", by.tau_mask)
    for exported in films(loop, split="pool"):
        hidden = truth(POOL, exported.film.file)
        for label in exported.labels:
            assert label.mask is not None
            assert (label.mask.pixels == hidden[label.finding]).all()


def test_what_people_said_outranks_a_machine(loop: Loop) -> None:
    _, audit_id = audited(loop)
    before = out(loop)
    case = claim(loop, audit_id)
    assert case is not None
    read_case(loop, case, "fix")
    case_two = claim(loop, audit_id)
    assert case_two is not None
    read_case(loop, case_two, "cannot_tell")
    read_all(loop, audit_id)
    labels = out(loop)
    said = {key: label for key, label in labels.items() if label.by == "read"}
    assert labels.keys() == before.keys()
    assert {key: label for key, label in labels.items() if key not in said} == {
        key: label for key, label in before.items() if key not in said
    }
    with loop.database.transaction() as session:
        for read in session.scalars(select(Read)):
            label, was = said[read.image_sha256, read.finding], before[read.image_sha256, read.finding]
            assert label.read is not None
            assert (label.read.verdict, label.read.reader, label.machine) == (read.verdict, "reader one", was.machine)
            if read.verdict == "cannot_tell":
                assert (label.told, label.mask) == ("uncertain", None)
            elif read.verdict == "accept":
                assert (label.told, label.mask) == (was.told, was.mask)
            else:
                assert label.mask is not None
                assert label.mask.pixels[4:9, 4:9].all()
                assert label.mask.area == 25
    assert {label.read.stream for label in said.values() if label.read} == {"MEASURE", "FIX"}


def test_an_uncertain_machine_has_not_seen_no_lesion(loop: Loop) -> None:
    audited(loop)
    with loop.database.transaction() as session:
        drawn = session.scalars(select(PseudoLabel).where(PseudoLabel.area > 0).order_by(PseudoLabel.id)).first()
        bare = session.scalars(select(PseudoLabel).where(PseudoLabel.area == 0).order_by(PseudoLabel.id)).first()
        assert drawn is not None
        assert bare is not None
        drawn.decision, bare.decision = "uncertain", "positive"  # sure of a lesion, and nothing drawn of it
        keys = [(session.get_one(Image, one.image_id).sha256, one.finding) for one in (drawn, bare)]
    labels = out(loop)
    assert [labels[key].told for key in keys] == ["uncertain", "uncertain"]
    first, second = (labels[key].mask for key in keys)
    assert first is not None
    assert first.area > 0
    assert second is None


def test_a_planted_mask_never_goes_out(loop: Loop) -> None:
    """Neither as the label that shows it nor by the read that accepted it, while the audit is open and afterwards."""
    audited(loop, **PLAN)
    with loop.database.transaction() as session:
        planted = {(mask.image_id, mask.sha256) for mask in session.scalars(select(Mask).where(Mask.planted))}
        hashes = {image.sha256: image.id for image in session.scalars(select(Image))}
    assert planted
    units = [(case_id, finding) for case_id, finding, _ in cases_with(loop, "planted")]
    films_read = {}
    for case_id in {case_id for case_id, _ in units}:
        told = open_case(loop, case_id)
        if told.blind:
            submit(loop, told, f"key-blind-{case_id}", "reject")
            told = open_case(loop, case_id)
        films_read[case_id] = told.image.sha256
        submit(loop, told, f"key-{case_id}", "accept")
    keys = {(films_read[case_id], finding) for case_id, finding in units}
    labels = out(loop)
    assert {labels[key].by for key in keys} == {"pseudo"}
    gone = {(hashes[sha256], label.mask.sha256) for (sha256, _), label in labels.items() if label.mask}
    assert not gone & planted


def test_public_labels_go_out_only_where_they_are_asked_for(loop: Loop) -> None:
    audited(loop)
    assert "public" not in kinds(out(loop))
    public = out(loop, by="public")
    assert kinds(public) == {"public"}
    with loop.database.transaction() as session:
        label = session.scalars(
            select(PseudoLabel)
            .join(SourceMask, (SourceMask.image_id == PseudoLabel.image_id)
                  & (SourceMask.finding == PseudoLabel.finding))
            .order_by(PseudoLabel.id)
        ).first()  # fmt: skip
        assert label is not None
        read_public_label(session, label.id, loop.account_id, "wrong", "a fold")
        key = (session.get_one(Image, label.image_id).sha256, label.finding)
    word = out(loop, by="public")[key].read
    assert word is not None
    assert (word.verdict, word.reader) == ("wrong", "reader one")


def test_who_is_held_out_is_told_and_can_be_left_out(database: Database, settings: Settings) -> None:
    loop = make_loop(database, BlobStore(settings.blob_folder), holdout=0.3)
    audited(loop)
    held = {one.film.sha256 for one in films(loop) if one.film.split == "holdout"}
    assert 0 < len(held) < 30
    assert {one.film.sha256 for one in films(loop, split="holdout")} == held
    assert not held & {one.film.sha256 for one in films(loop, split="pool")}


def test_what_readers_drew_blind_on_a_held_film_is_its_reference(database: Database, settings: Settings) -> None:
    loop = make_loop(database, BlobStore(settings.blob_folder), holdout=0.3)
    _, audit_id = audited(loop, measure=0, fix=0, min_reads=0, holdout=9)
    read_all(loop, audit_id)  # no lesion while they see nothing, then whatever is shown
    labels = out(loop, split="holdout")
    with loop.database.transaction() as session:
        units = session.scalars(select(HoldoutReference)).all()
        keys = {(session.get_one(Image, unit.image_id).sha256, unit.finding) for unit in units}
    assert keys
    assert {key for key, label in labels.items() if label.by == "reference"} == keys
    assert {labels[key].told for key in keys} == {"no_lesion"}
    assert {labels[key].read.stream for key in keys} == {"HOLDOUT"}  # type: ignore[union-attr]


def test_what_is_kept_out_says_so(loop: Loop) -> None:
    _, audit_id = audited(loop, keep_out=1.0)
    case = claim(loop, audit_id)
    assert case is not None
    read_case(loop, case, "fix")
    kept = [label for label in out(loop).values() if label.kept_out]
    assert kept
    assert {label.by for label in kept} == {"read"}


@pytest.mark.parametrize(
    ("where", "takes"),
    [
        ({"finding": "nodule"}, lambda one, label: label.finding == "nodule"),
        ({"by": "read"}, lambda one, label: label.by == "read"),
        ({"by": "pseudo"}, lambda one, label: label.by == "pseudo"),
        ({"decision": "positive"}, lambda one, label: label.machine and label.machine.decision == "positive"),
        ({"reader": "READER  One"}, lambda one, label: label.by == "read"),
        ({"source": "hospital"}, lambda one, label: one.film.source == "hospital"),
        ({"split": "development"}, lambda one, label: one.film.split == "development"),
        ({"iteration": 0}, lambda one, label: True),
    ],
)
def test_filters_take_what_they_say(loop: Loop, where: dict[str, Any], takes: Any) -> None:
    _, audit_id = audited(loop)
    read_all(loop, audit_id)
    whole = [(one.film.sha256, label) for one in films(loop) for label in one.labels if takes(one, label)]
    assert whole
    assert [(one.film.sha256, label) for one in films(loop, **where) for label in one.labels] == whole


@pytest.mark.parametrize(
    ("where", "error", "sentence"),
    [
        ({"finding": "hernia"}, InvalidInput, "There is no finding 'hernia'"),
        ({"source": "nowhere"}, NotFound, "There is no source 'nowhere'"),
        ({"reader": "nobody"}, NotFound, "There is nobody called 'nobody'"),
        ({"iteration": 7}, NotFound, "Iteration 7 has no labels"),
    ],
)
def test_a_filter_of_nothing_is_a_sentence(loop: Loop, where: dict[str, Any], error: Any, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        films(loop, **where)
