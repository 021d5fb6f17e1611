"""Mini-batches: each truth once, its share kept, rare findings drawn more often, the same films after a resume."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from overread.domain.errors import InvalidInput
from overread.domain.imaging.masks import encode
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.parts import CopyPaste, Pool
from overread_worker.ml.dataset import Cache, build_cache, pack_masks, unpack
from overread_worker.ml.learner import open_fabric
from overread_worker.ml.loader import Films, Loader, cut_boxes, epoch_plans, part_of, to_batch
from tests.ml.films import FINDINGS, TINY, blobs


def cache_of(human: list[bool], present: list[list[bool]] | None = None) -> Cache:
    rows = len(human)
    marks = np.array(present if present is not None else [[True, False]] * rows)
    machine = np.repeat(~np.array(human), 2).reshape(rows, 2)
    empty = np.zeros((rows, 32, 32), np.uint8)
    return Cache(empty, empty, np.ones((rows, 2), np.float32), marks, machine, ["p"] * rows)


def test_every_batch_holds_its_share_of_human_truth_and_each_truth_once() -> None:
    data = cache_of([True] * 7 + [False] * 40)
    plans = epoch_plans(data, 0, replace(TINY, batch=6), 0)
    assert [data.human[plan.rows].sum() for plan in plans] == [2, 2, 2, 1]
    assert [len(plan.rows) for plan in plans] == [6, 6, 6, 3]  # beside the last truth two pseudo labels, not four
    seen = np.concatenate([plan.rows for plan in plans])
    assert sorted(seen[data.human[seen]].tolist()) == list(range(7))
    assert all(len(plan.pool) == 0 for plan in plans)
    with pytest.raises(InvalidInput, match="no human truth"):
        epoch_plans(cache_of([False, False]), 0, TINY, 0)


def test_a_target_that_people_told_teaches_as_often_whatever_else_they_told_of_its_film() -> None:
    whole, read = 40, 200  # a film read for one of its two findings is half a film
    data = cache_of([True] * (whole + read) + [False] * 50)
    data.weights[whole : whole + read, 1] = 0
    epochs = [np.concatenate([plan.rows for plan in epoch_plans(data, 0, TINY, epoch)]) for epoch in range(40)]
    truth = [rows[rows < whole + read] for rows in epochs]
    assert {len(rows) for rows in truth} == {whole + read // 2}
    assert all(len(set(rows.tolist())) == len(rows) for rows in truth)  # none twice in a pass
    often = np.bincount(np.concatenate(truth), minlength=whole + read) / len(epochs)
    assert (often[:whole].mean(), often[whole:].mean()) == pytest.approx((1, 0.5), abs=0.02)
    unread = cache_of([True] * 3)
    unread.weights[:] = 0
    with pytest.raises(InvalidInput, match="no human truth"):
        epoch_plans(unread, 0, TINY, 0)


def test_pseudo_labels_that_tell_little_take_little_room() -> None:
    data = cache_of([True] * 12 + [False] * 40)
    recipe = replace(TINY, batch=6)
    assert {data.human[plan.rows].sum() for plan in epoch_plans(data, 0, recipe, 0)} == {2}
    data.weights[12:, 1] = 0  # one of two findings: half of the four places
    assert {data.human[plan.rows].sum() for plan in epoch_plans(data, 0, recipe, 0)} == {4}
    data.weights[13:, 0] = 0  # one label in all: it is met still
    assert {data.human[plan.rows].sum() for plan in epoch_plans(data, 0, recipe, 0)} == {5, 2}


def test_rare_findings_are_drawn_more_often_when_asked() -> None:
    present = [[True, False]] * 95 + [[False, True]] * 5
    data = cache_of([True] * 100, present)
    drawn = np.concatenate([plan.rows for e in range(20) for plan in epoch_plans(data, 0, replace(TINY, rare=1.0), e)])
    share = (drawn >= 95).mean()
    assert 0.42 < share < 0.58  # each finding equally often
    plain = np.concatenate([plan.rows for plan in epoch_plans(data, 0, TINY, 0)])
    assert sorted(plain.tolist()) == list(range(100))


def test_pool_films_come_with_each_step_and_anew_each_epoch() -> None:
    recipe = replace(TINY, pool=Pool("uda", batch=5))
    first, second = epoch_plans(cache_of([True] * 8), 50, recipe, 0), epoch_plans(cache_of([True] * 8), 50, recipe, 1)
    assert [len(plan.pool) for plan in first] == [5, 5]
    assert not np.array_equal(first[0].pool, second[0].pool)


@pytest.mark.parametrize("network", ["small-unet", "resnet18"])
def test_the_last_film_is_not_alone_where_the_network_normalises_over_films(network: str) -> None:
    recipe = replace(TINY, network=network)
    plans = epoch_plans(cache_of([True] * 9), 0, recipe, 0)
    assert [len(plan.rows) for plan in plans] == ([4, 4, 1] if network == "small-unet" else [4, 4, 2])
    assert set(np.concatenate([plan.rows for plan in plans]).tolist()) == set(range(9))
    assert len(set(plans[-1].rows.tolist())) == len(plans[-1].rows)


def test_each_process_gets_as_many_films_as_its_network_learns_from() -> None:
    for rank in range(3):
        own = part_of(np.array([4, 8]), rank, 3, least=2)
        assert sorted(own.tolist()) == [4, 8]
    assert part_of(np.arange(7), 1, 3, least=2).tolist() == [1, 4]
    assert part_of(np.array([], np.int64), 0, 2, least=2).tolist() == []


def test_processes_share_a_step_without_a_film_twice() -> None:
    rows = np.arange(7)
    assert sorted(np.concatenate([part_of(rows, rank, 3) for rank in range(3)]).tolist()) == list(range(7))
    assert part_of(np.array([4]), 2, 3).tolist() == [4]


def epoch_of(
    recipe: Recipe, folder: Path, monkeypatch: pytest.MonkeyPatch, threads: str
) -> list[dict[str, torch.Tensor]]:
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    items = blobs(folder, 8, 0)
    data = build_cache(items, len(items), FINDINGS, 32, folder / "cache")
    return list(Loader(Films(data, [item.image for item in items], recipe)).epoch(3))


def nowhere(_storage: object) -> None:
    raise RuntimeError("unable to allocate shared memory(shm) for file </torch_1>: No space left on device (28)")


@pytest.mark.parametrize("room", [True, False], ids=["room", "full"])
def test_batches_made_ahead_by_processes_are_the_ones_made_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: bool
) -> None:
    """Also where /dev/shm is full: whoever trained waited for ever there."""
    recipe = replace(TINY, pool=Pool("unimatch", batch=3), copy_paste=CopyPaste(0.5))
    if not room:
        for how in ("_share_fd_cpu_", "_share_filename_cpu_"):  # PyTorch's two ways to shared memory
            monkeypatch.setattr(torch.UntypedStorage, how, nowhere)
    here, ahead = (epoch_of(recipe, tmp_path, monkeypatch, threads) for threads in ("1", "3"))
    assert len(here) == len(ahead) == 2
    for one, other in zip(here, ahead, strict=True):
        assert one.keys() == other.keys() == {
            "films", "masks", "weights", "machine", "weak", "strong_1", "strong_2", "cut"
        }  # fmt: skip
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_batch_on_the_device_is_what_was_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = epoch_of(replace(TINY, pool=Pool("uda", batch=3)), tmp_path, monkeypatch, "1")[0]
    batch = to_batch(open_fabric(TINY), arrays, 2)
    assert np.array_equal(batch.targets.masks.bool().numpy(), unpack(arrays["masks"].numpy(), 2))
    assert torch.equal(batch.targets.presence, batch.targets.masks.amax(dim=(2, 3)))
    assert batch.films.shape == (4, 1, 32, 32)
    assert -2 <= batch.films.min() <= batch.films.max() < 2
    assert batch.pool is not None
    assert batch.pool.cut.shape == (2, 3, 32, 32)


def test_boxes_of_cutmix_have_the_sizes_they_should() -> None:
    boxes = cut_boxes(200, 64, np.random.default_rng(0))
    areas = boxes.reshape(2, 200, -1).mean(axis=2)
    assert 0.4 < (areas > 0).mean() < 0.6
    assert areas.max() <= 0.42


def test_masks_are_packed_a_bit_a_finding(tmp_path: Path) -> None:
    items = blobs(tmp_path, 4, 0)
    items[0] = replace(items[0], counts={"bright": items[0].counts["bright"]}, weights={"bright": 1.0})
    cache = build_cache(items, 4, FINDINGS, 32, tmp_path / "cache")
    assert cache.weights[0].tolist() == [1.0, 0.0]
    assert cache.present[0].tolist() == [True, False]
    assert unpack(cache.masks[0], 2)[0].sum() == 81
    assert unpack(cache.masks, 2).shape == (4, 2, 32, 32)


def test_a_lesion_of_one_pixel_is_still_there_when_its_film_is_small(tmp_path: Path) -> None:
    spot = np.zeros((512, 640), bool)
    spot[300, 500] = True
    film = replace(blobs(tmp_path, 1, 0)[0], height=512, width=640, counts={"bright": encode(spot), "dark": None})
    marked = unpack(pack_masks(film, FINDINGS, 32), 2)
    assert np.argwhere(marked[0]).tolist() == [[300 // 16, 500 // 20]]
    assert not marked[1].any()
    nothing = replace(film, counts={"bright": encode(np.zeros_like(spot))})
    assert not pack_masks(nothing, FINDINGS, 32).any()
