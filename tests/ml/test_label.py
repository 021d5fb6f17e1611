"""Labelling the pool: in order, the same as film by film, a few batches in memory, nothing swallowed."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Lock

import numpy as np
import pytest
import torch

from overread.domain.errors import UnreadableImage
from overread.domain.learning import ensemble
from overread_worker.ml.checkpoint import save_network
from overread_worker.ml.dataset import read_film
from overread_worker.ml.ensemble import to_bytes
from overread_worker.ml.label import FilmLabels, film_mask, label
from overread_worker.ml.network import build
from overread_worker.ml.pipeline import AHEAD, pipelined
from overread_worker.ml.predict import Members
from tests.ml.films import FINDINGS, TINY, blobs


@pytest.fixture
def teachers(tmp_path: Path) -> list[Path]:
    paths = []
    for seed in range(2):
        torch.manual_seed(seed)
        paths.append(tmp_path / f"teacher-{seed}.safetensors")
        save_network(build(TINY, len(FINDINGS)), TINY, FINDINGS, paths[-1])
    return paths


def told(one: FilmLabels) -> list[object]:
    return [(x.decision, round(x.presence, 3), round(x.agreement, 2), round(x.variance, 5)) for x in one.labels]


def test_many_films_are_labelled_in_order_as_one_by_one(tmp_path: Path, teachers: list[Path]) -> None:
    films = [(100 - row, item.image) for row, item in enumerate(blobs(tmp_path, 37, 0))]
    together = list(label(films, teachers, TINY, FINDINGS))
    assert [one.image_id for one in together] == [image for image, _ in films]
    for film, one in zip(films, together, strict=True):
        (alone,) = label([film], teachers, TINY, FINDINGS)
        assert np.abs(one.maps.astype(int) - alone.maps).max() <= 1
        assert told(one) == told(alone)


def test_the_members_variance_is_the_domains(tmp_path: Path, teachers: list[Path]) -> None:
    path = blobs(tmp_path, 1, 0)[0].image
    (found,) = label([(1, path)], teachers, TINY, FINDINGS)
    maps, _ = Members(teachers, FINDINGS, TINY).predict(read_film(path, TINY.size)[None])
    wanted = ensemble.variance(maps.numpy()[:, 0])
    assert [one.variance for one in found.labels] == pytest.approx(wanted.tolist(), rel=1e-4)
    assert wanted.min() > 0


def test_each_members_mask_is_cut_from_its_own_map_as_the_ensembles_is(tmp_path: Path, teachers: list[Path]) -> None:
    films = [item.image for item in blobs(tmp_path, 9, 0)]
    maps = Members(teachers, FINDINGS, TINY).predict(np.stack([read_film(path, TINY.size) for path in films]))[0]
    stored = to_bytes(maps).numpy()
    tau = float(np.quantile(stored[0], 0.9)) / 255  # some maps reach it, some do not
    recipe = replace(TINY, labelling=replace(TINY.labelling, tau_mask=tau, min_area=0))
    kept = 0
    for n, one in enumerate(label(enumerate(films), teachers, recipe, FINDINGS)):
        for f, finding in enumerate(one.labels):
            wanted = [film_mask(stored[k, n, f], 32, 32, tau, 0) for k in range(2)]
            if all(mask.is_empty for mask in wanted):
                assert finding.members == []
                continue
            kept += 1
            for told, mask in zip(finding.members, wanted, strict=True):
                # Batches of another size round a probability at the threshold the other way.
                assert np.count_nonzero((told.pixels if told else False) != mask.pixels) <= 20
    assert kept > 0
    (alone,) = label([(1, films[0])], teachers[:1], recipe, FINDINGS)
    assert [finding.members for finding in alone.labels] == [[]] * len(FINDINGS)


def test_a_film_that_cannot_be_read_ends_the_labelling(tmp_path: Path, teachers: list[Path]) -> None:
    films = [(row, item.image) for row, item in enumerate(blobs(tmp_path, 40, 0))]
    films[20][1].write_bytes(b"no film")
    labelled = []
    with pytest.raises(UnreadableImage):
        for one in label(films, teachers, TINY, FINDINGS):
            labelled.append(one.image_id)
    assert labelled == list(range(16))  # the batch before the one it is in


def test_few_items_are_in_flight_however_slowly_results_are_taken() -> None:
    reads, lock = [0], Lock()

    def read(item: int) -> int:
        with lock:
            reads[0] += 1
        return item

    most = 0
    for taken, done in enumerate(pipelined(range(200), read, lambda batch: batch, lambda item, made: (item, made), 5)):
        assert done == (taken, taken)
        if taken % 20 == 0:
            time.sleep(0.02)  # long enough to read everything, if nothing held it back
        most = max(most, reads[0] - taken)
    assert reads[0] == 200
    assert 5 < most <= AHEAD * 5


def test_two_batches_are_computed_at_once_by_half_of_the_threads_each() -> None:
    before, both = torch.get_num_threads(), Barrier(2, timeout=30)
    try:
        torch.set_num_threads(4)

        def compute(batch: list[int]) -> list[int]:
            both.wait()  # breaks, and raises, unless another batch comes along
            return [torch.get_num_threads()] * len(batch)

        assert list(pipelined(range(16), lambda item: item, compute, lambda _, made: made, 4)) == [2] * 16
        assert torch.get_num_threads() == 4
        with ThreadPoolExecutor(1) as later:
            assert later.submit(torch.get_num_threads).result() == 4
    finally:
        torch.set_num_threads(before)


def test_a_maps_pixels_lie_side_by_side_whatever_the_network_gives(tmp_path: Path, teachers: list[Path]) -> None:
    films = np.stack([read_film(item.image, TINY.size) for item in blobs(tmp_path, 3, 0)])
    assert all(maps.is_contiguous() for maps, _ in Members(teachers, FINDINGS, TINY).each(films))


@pytest.mark.parametrize("stage", ["read", "compute", "finish"])
def test_what_a_stage_raises_is_raised_and_nothing_more_is_read(stage: str) -> None:
    reads: list[int] = []

    def fail_at(name: str, item: int) -> int:
        if name == stage and item == 7:
            raise ValueError(name)
        return item

    def read(item: int) -> int:
        reads.append(item)
        return fail_at("read", item)

    with pytest.raises(ValueError, match=stage):
        list(pipelined(range(100), read, lambda batch: [fail_at("compute", one) for one in batch],
                       lambda item, _: fail_at("finish", item), 4))  # fmt: skip
    assert len(reads) <= (AHEAD + 2) * 4
