"""The phantom: the same film for ever, exact masks, and dials that turn one thing each."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from overread.datasets.phantoms.phantom import Phantom, make_film, phantom_of, read_phantom, truth
from overread.datasets.reading import Entry
from overread.domain.imaging.masks import dice

FIVE = ["consolidation", "pneumothorax", "fibrosis", "pleural_effusion", "nodule"]


def entries(**options: object) -> list[Entry]:
    return [entry for entry in read_phantom(None, FIVE, **options) if isinstance(entry, Entry)]


def test_a_film_and_its_truth_are_found_again_by_name() -> None:
    options = {"count": 5, "size": 64, "seed": 3}
    entry = entries(**options)[4]
    film, again = entry.load(), entries(**options)[4].load()
    assert np.array_equal(film.pixels, again.pixels)
    hidden = truth(options, entry.file_name)
    assert {f: m.sum() for f, m in entry.masks(film).items()} == {f: m.sum() for f, m in hidden.items()}
    assert set(hidden) == set(FIVE)


@pytest.mark.parametrize("finding", FIVE)
def test_each_finding_changes_the_film_inside_its_mask(finding: str) -> None:
    """The mask is where the finding is: with and without it, the film differs there and hardly elsewhere."""
    changes, elsewhere = [], []
    for index in range(6):
        with_it, masks = make_film(Phantom(size=96, seed=1, prevalence={finding: 1.0}), index)
        without, _ = make_film(Phantom(size=96, seed=1, prevalence=0.0), index)
        difference = np.abs(with_it - without)
        assert masks[finding].any()
        changes.append(difference[masks[finding]].mean())
        elsewhere.append(difference[~masks[finding]].mean())
    assert np.mean(changes) > 5 * np.mean(elsewhere)
    assert np.mean(changes) > 0.03


@pytest.mark.parametrize("finding", FIVE)
def test_a_film_shows_the_same_at_any_size_and_its_masks_have_no_stairs(finding: str) -> None:
    for index in range(3):
        film, masks = make_film(Phantom(size=256, seed=1, shift=0.3, prevalence={finding: 1.0}), index)
        fine_film, fine = make_film(Phantom(size=1024, seed=1, shift=0.3, prevalence={finding: 1.0}), index)
        assert (dice(masks[finding], _reduced(fine[finding]) >= 0.5) or 0) > 0.97
        assert np.abs(film - _reduced(fine_film)).mean() < 0.03


def _reduced(field: NDArray[Any]) -> NDArray[Any]:
    """A field of 1024 px in 256."""
    return np.asarray(field.reshape(256, 4, 256, 4).mean(axis=(1, 3)))


def test_prevalence_is_what_was_asked() -> None:
    hits = [make_film(Phantom(size=32, seed=2, prevalence=0.3), index)[1]["nodule"].any() for index in range(400)]
    assert 0.22 < np.mean(hits) < 0.38


def test_distractors_change_no_mask_and_shift_changes_no_mask_of_a_nodule() -> None:
    plain = [make_film(Phantom(size=64, seed=4), index) for index in range(8)]
    full = [make_film(Phantom(size=64, seed=4, distractors=1.0), index) for index in range(8)]
    assert all(np.array_equal(a[1][f], b[1][f]) for a, b in zip(plain, full, strict=True) for f in FIVE)
    assert any(np.abs(a[0] - b[0]).max() > 0.1 for a, b in zip(plain, full, strict=True))


def test_patients_bits_and_share_of_labels() -> None:
    films = entries(count=40, size=32, films_per_patient=4, bits=16, labelled=0.5)
    assert len({film.patient for film in films}) == 10
    assert films[0].load().pixels.dtype == np.uint16
    carried = [bool(film.masks(film.load())) for film in films]
    assert 8 < sum(carried) < 32
    assert len({film.file_sha256() for film in films}) == 40


def test_dials_out_of_range_are_refused() -> None:
    from overread.domain.errors import InvalidInput

    for options in ({"count": 0}, {"size": 8}, {"bits": 12}, {"prevalence": 1.5}, {"labelled": -1}):
        with pytest.raises(InvalidInput):
            phantom_of(options)
