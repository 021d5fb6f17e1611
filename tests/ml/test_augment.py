"""Augmentation: a mask stays on what it marks, light moves nothing, and a generator's state says it all."""

import warnings
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overread.domain.learning.recipe.parts import Augment
from overread_worker.ml.augment import Augmenter, Operation, paper, study
from overread_worker.ml.operations import Bytes, bend, crop, drop_grid, drop_pixels, mirror, posterised, stretched

GEOMETRIC = {"elastic", "affine", "rotate", "shearX", "shearY", "translateX", "translateY"}
DROPPING = {"grid dropout", "pixel dropout"}
UNCHANGING = {"identity", "color"}
WHITE, BLACK = np.uint8(1), np.uint8(2)
STRENGTHS = (0.3, 1.0)
OPERATIONS = [pytest.param(make, k, s, id=f"{make.__name__}-{one.name.replace(' ', '-')}-{s}")
              for make in (study, paper) for s in STRENGTHS for k, one in enumerate(make(s))]  # fmt: skip
POLICIES = [Augment("study", 10, 9.0), Augment("study", 2, 5.0), Augment("paper", 14, 10.0), Augment("none")]


def checker(size: int = 96, cell: int = 8) -> tuple[Bytes, Bytes]:
    """A board of 41 and 211, and masks with one bit for its white cells, another for its black ones."""
    white = (np.add.outer(np.arange(size) // cell, np.arange(size) // cell) % 2).astype(bool)
    return np.where(white, np.uint8(211), np.uint8(41)), np.where(white, WHITE, BLACK)


def photograph(size: int = 64, seed: int = 0) -> Bytes:
    """Something with grey values from 20 to 235, coarse and fine."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.integers(0, 255, (5, 5), np.uint8), (size, size), interpolation=cv2.INTER_CUBIC)
    return np.clip(coarse + rng.normal(0, 8, (size, size)), 20, 235).astype(np.uint8)


def misplaced(film: Bytes, masks: Bytes) -> float:
    """Share of the marked pixels whose grey value belongs to the other kind of cell; one on the border is neither's."""
    decided = (masks > 0) & (np.abs(film.astype(int) - 126) > 1)
    assert decided.mean() > 0.2
    return float(((film > 126) != (masks == WHITE))[decided].mean())


def same(a: tuple[Bytes, ...], b: tuple[Bytes, ...]) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize(("make", "which", "strength"), OPERATIONS)
def test_an_operation_keeps_masks_on_what_they_mark(
    make: Callable[[float], list[Operation]], which: int, strength: float
) -> None:
    operation = make(strength)[which]
    film, masks = checker()
    film.flags.writeable = masks.flags.writeable = False
    moved = changed = False
    for seed in range(8):
        fill = (0, 125)[seed % 2]
        new, marks = operation.apply(film, masks, fill, np.random.default_rng(seed))
        assert (new.dtype, new.shape, marks.dtype, marks.shape) == (np.uint8, film.shape, np.uint8, film.shape)
        moved |= not np.array_equal(marks, masks)
        changed |= not np.array_equal(new, film)
        if operation.name in GEOMETRIC:
            # Half a pixel of displacement between the two would be 6 % of a board of 8-pixel cells.
            assert misplaced(new, marks) < 0.01
            assert set(np.unique(new[cv2.dilate(marks, np.ones((5, 5))) == 0])) <= {fill}
        elif operation.name in DROPPING:
            assert set(np.unique(new[new != film])) <= {fill}
    assert moved == (operation.name in GEOMETRIC)
    # A board of two values has nothing to stretch or to equalise, and little to solarise: those are seen elsewhere.
    assert changed or operation.name in UNCHANGING | {"equalise", "equalize"}


@pytest.mark.parametrize(("make", "which", "strength"), OPERATIONS)
def test_light_moves_no_pixel_and_no_mask(
    make: Callable[[float], list[Operation]], which: int, strength: float
) -> None:
    operation = make(strength)[which]
    if operation.name in GEOMETRIC | DROPPING:
        return
    film, masks = photograph(), checker(64)[1]
    new, marks = operation.apply(film, masks, 0, np.random.default_rng(1))
    assert marks is masks
    assert np.array_equal(new, film) == (operation.name in UNCHANGING)
    for axis in (0, 1):
        flipped, _ = operation.apply(cv2.flip(film, axis), masks, 0, np.random.default_rng(1))  # type: ignore[arg-type]
        assert np.abs(cv2.flip(flipped, axis).astype(int) - new).max() <= 1


def test_the_study_lists_ten_and_the_paper_fourteen() -> None:
    assert [one.name for one in paper(1)] == [
        "identity", "autoContrast", "equalize", "rotate", "solarize", "color", "posterize", "contrast", "brightness",
        "sharpness", "shearX", "shearY", "translateX", "translateY",
    ]  # fmt: skip
    assert len(study(1)) == 10
    assert sum(one.name.startswith("sharpen") for one in study(1)) == 2
    assert {one.name: one.probability for one in study(1) if one.probability != 0.5} == dict.fromkeys(DROPPING, 0.3)


def test_crop_and_flip_keep_masks_on_what_they_mark() -> None:
    film, masks = checker()
    for seed in range(20):
        new, marks = crop(film, masks, 0.5, np.random.default_rng(seed))
        assert marks.all()
        assert misplaced(new, marks) < 0.01
    flipped = mirror(film, masks)
    assert misplaced(*flipped) == 0
    assert not np.array_equal(flipped[0], film)


@given(st.integers(1, 80), st.integers(0, 10_000), st.floats(0.05, 1), st.data())
@settings(max_examples=80, deadline=None)
def test_a_crop_keeps_some_of_a_mask_and_the_size(size: int, seed: int, least: float, data: st.DataObject) -> None:
    masks = np.zeros((size, size), np.uint8)
    inside = st.integers(0, size - 1)
    masks[data.draw(inside), data.draw(inside)] = 16
    new, marks = crop(masks * 15, masks, least, np.random.default_rng(seed))
    assert new.shape == marks.shape == (size, size)
    assert set(np.unique(marks)) <= {0, 16}
    assert marks.any()
    assert crop(masks, np.zeros_like(masks), least, np.random.default_rng(seed))[1].sum() == 0


def test_a_crop_takes_at_least_its_share() -> None:
    ramp = np.tile(np.arange(200, dtype=np.uint8), (200, 1))
    spans = [np.ptp(crop(ramp, np.zeros_like(ramp), 0.8, np.random.default_rng(k))[0].astype(int)) for k in range(60)]
    assert min(spans) >= 158
    assert max(spans) > 190


@pytest.mark.parametrize("policy", POLICIES, ids=lambda one: f"{one.policy}-{one.operations}")
def test_a_generators_state_says_it_all(policy: Augment) -> None:
    film, masks = photograph(), checker(64)[1]
    film.flags.writeable = masks.flags.writeable = False  # as a memory map is that others read too
    one, other = Augmenter(policy), Augmenter(policy)
    outcomes = set()
    for seed in range(12):
        first = one(film, masks, np.random.default_rng(seed))
        outcomes.add(first[0].tobytes())
        other(film, masks, np.random.default_rng(seed + 100))  # what ran before does not matter
        assert same(first, other(film, masks, np.random.default_rng(seed)))
        assert same(
            (one.strong(film, np.random.default_rng(seed)),), (other.strong(film, np.random.default_rng(seed)),)
        )
    assert len(outcomes) == 1 if policy.policy == "none" else len(outcomes) > 9


def test_the_global_random_numbers_are_left_alone() -> None:
    augment, film, masks = Augmenter(Augment("study", 10, 9.0)), photograph(), checker(64)[1]
    outcomes = []
    for seed in (1, 2):
        np.random.seed(seed)
        state = np.random.get_state()[1].tobytes()  # type: ignore[index]
        outcomes.append(augment(film, masks, np.random.default_rng(5)))
        assert np.random.get_state()[1].tobytes() == state  # type: ignore[index]
    assert same(*outcomes)


def test_magnitude_0_is_identity() -> None:
    film, masks = photograph(), checker(64)[1]
    defaults = {film.tobytes(), cv2.flip(film, 1).tobytes()}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert same(Augmenter(Augment("paper", 14, 0.0))(film, masks, rng), (film, masks))
        nothing = Augmenter(Augment("study", 10, 0.0))
        full = nothing(film, masks, np.random.default_rng(seed))
        assert same(full, nothing.weak(film, masks, np.random.default_rng(seed)))
        assert np.array_equal(nothing.strong(film, rng), film)
        defaults.discard(full[0].tobytes())
    assert not defaults  # neither cropped nor flipped, and flipped alone: both were met


@pytest.mark.parametrize("make", [study, paper])
def test_next_to_no_strength_has_next_to_no_effect(make: Callable[[float], list[Operation]]) -> None:
    film, masks = photograph(), checker(64)[1]
    for operation in make(0.001):
        if operation.name not in {"equalise", "equalize", "autoContrast"}:  # they have no range
            new, marks = operation.apply(film, masks, 0, np.random.default_rng(0))
            inside = np.s_[1:-1, 1:-1]  # next to no rotation mixes a little of the fill into the rim
            assert np.abs(new.astype(int) - film)[inside].max() <= 1, operation.name
            assert np.array_equal(marks, masks), operation.name


def test_magnitude_scales_what_an_operation_does() -> None:
    film, masks = photograph(), checker(64)[1]
    for make in (study, paper):
        for weak, strong in zip(make(0.2), make(1.0), strict=True):
            if weak.name in UNCHANGING | {"equalise", "equalize", "autoContrast"}:
                continue
            change = [
                np.mean([np.abs(one.apply(film, masks, 0, np.random.default_rng(k))[0].astype(int) - film).mean()
                         for k in range(12)]) for one in (weak, strong)]  # fmt: skip
            assert change[0] < change[1], weak.name


def test_none_does_nothing_at_all() -> None:
    augment, film, masks = Augmenter(Augment("none")), photograph(), checker(64)[1]
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    assert augment(film, masks, rng)[0] is film
    assert augment.weak(film, masks, rng)[1] is masks
    assert augment.strong(film, rng) is film
    assert rng.bit_generator.state == before


@pytest.mark.parametrize("policy", POLICIES[:3], ids=lambda one: f"{one.policy}-{one.operations}")
def test_strong_never_moves_anything(policy: Augment) -> None:
    augment, film = Augmenter(policy), photograph()
    differed = 0
    for seed in range(30):
        new = augment.strong(film, np.random.default_rng(seed))
        assert (new.dtype, new.shape) == (np.uint8, film.shape)
        differed += not np.array_equal(new, film)
        for axis in (0, 1):  # what commutes with both mirrors has no direction to move in
            flipped = cv2.flip(augment.strong(cv2.flip(film, axis), np.random.default_rng(seed)), axis)  # type: ignore[arg-type]
            assert np.abs(flipped.astype(int) - new).max() <= 1
    assert differed > 20


def test_weak_is_crop_and_flip_alone() -> None:
    film, masks = checker()
    values = set()
    for seed in range(20):
        new, marks = Augmenter(Augment("study", 10, 9.0)).weak(film, masks, np.random.default_rng(seed))
        assert misplaced(new, marks) < 0.01
        assert marks.all()
        values |= {int(new.min()), int(new.max())}
    assert values == {41, 211}


@given(st.sampled_from([32, 33, 64, 97]), st.integers(0, 10_000), st.sampled_from(POLICIES))
@settings(max_examples=60, deadline=None)
def test_any_film_keeps_its_shape_and_its_bits(size: int, seed: int, policy: Augment) -> None:
    rng = np.random.default_rng(seed)
    film = photograph(size, seed) if seed % 3 else np.full((size, size), seed % 256, np.uint8)
    masks = rng.integers(0, 2, (size, size), np.uint8) * np.uint8(21)
    new, marks = Augmenter(policy)(film, masks, rng)
    assert (new.dtype, new.shape, marks.dtype, marks.shape) == (np.uint8, film.shape, np.uint8, film.shape)
    assert set(np.unique(marks)) <= {0, 21}


def test_the_largest_film_fits_too() -> None:
    film, masks = photograph(2048), np.ones((2048, 2048), np.uint8)
    for policy in POLICIES:
        assert Augmenter(policy)(film, masks, np.random.default_rng(1))[0].shape == film.shape


def test_holes_are_filled_by_the_mean_or_by_0_by_a_coin() -> None:
    film, masks = np.full((64, 64), 77, np.uint8), np.ones((64, 64), np.uint8)
    film[:, ::2] = 79
    augment, fills = Augmenter(Augment("paper", 1, 10.0)), []
    for seed in range(200):
        new, marks = augment(film, masks, np.random.default_rng(seed))
        outside = new[cv2.dilate(marks, np.ones((5, 5))) == 0]
        assert len(set(outside)) <= 1
        fills += list(outside[:1])
    assert set(fills) == {0, 78}
    assert 0.3 < np.mean(np.array(fills) == 0) < 0.7


def test_dropouts_drop_their_share() -> None:
    film = np.full((200, 200), 9, np.uint8)
    rng = np.random.default_rng(0)
    assert np.isclose((drop_pixels(film, 0.2, 0, rng) == 0).mean(), 0.2, atol=0.01)
    assert np.isclose((drop_grid(film, 0.5, 0, rng) == 0).mean(), 0.25, atol=0.02)
    assert np.array_equal(drop_grid(film, 0.0, 0, rng), film)


def test_light_does_what_it_is_called() -> None:
    film = photograph() // 2 + 30
    assert (stretched(film).min(), stretched(film).max()) == (0, 255)
    assert len(np.unique(posterised(photograph(), 4))) <= 16
    assert np.array_equal(posterised(film, 8), film)
    bent, _ = bend(*checker(), 0.0, 0, np.random.default_rng(0))
    assert np.array_equal(bent, checker()[0])


def test_an_argument_that_albumentations_does_not_know_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import albumentations as A

    real = A.Sharpen
    monkeypatch.setattr(A, "Sharpen", lambda **known: real(**known, alfa=1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(UserWarning, match="alfa"):
            study(0.5)
