"""Each measure on numbers one can count by hand; nothing measured is never nought; intervals over patients."""

import numpy as np
import pytest

from overread.domain.policy.bias import (
    Followed,
    calibration_error,
    light,
    measure_bias,
    reinforcement,
    selection_error,
    volume_ratio,
)


def followed(n: int, **changes: object) -> Followed:
    nothing = np.zeros(n, bool)
    columns = {
        "patient": np.arange(n), "wrong_before": nothing, "wrong_after": nothing, "likeness": np.ones(n),
        "presence_before": np.full(n, 0.9), "presence_after": np.full(n, 0.9), "lesion": ~nothing,
    }  # fmt: skip
    return Followed(**columns | changes)  # type: ignore[arg-type]


def named(units: Followed) -> dict[str, tuple[float | None, str | None]]:
    return {m.name: (m.value, m.light) for m in measure_bias(units, np.random.default_rng(0))}


def test_counted_by_hand() -> None:
    wrong = np.arange(100) < 40
    after = np.isin(np.arange(100), [*range(30), 90, 91, 92])  # 30 of 40 stay wrong, 3 of 60 become so
    likeness = np.where(np.arange(100) < 24, 0.9, 0.3)  # 24 of the 30 in the same place
    presence = np.where(wrong, 0.99, 0.9)
    found = named(followed(100, wrong_before=wrong, wrong_after=after, likeness=likeness, presence_after=presence))
    assert found["reinforcement"][0] == pytest.approx(24 / 40)
    assert found["persistence"][0] == pytest.approx(30 / 40)
    assert found["fix"][0] == pytest.approx(10 / 40)
    assert found["new"][0] == pytest.approx(3 / 60)
    assert found["inflation"] == (pytest.approx(0.18), "red")
    assert found["agreement"][0] == pytest.approx((24 * 0.9 + 16 * 0.3) / 40 - 0.3)
    assert found["reinforcement"][1] == "amber"  # .6 of 40: .43 to .75, and the limit is .5


def test_nothing_measured_has_neither_value_nor_light() -> None:
    for units in (followed(0), followed(30)):  # nothing followed; nothing was wrong
        found = named(units)
        assert found["reinforcement"] == found["persistence"] == found["agreement"] == (None, None)
    assert named(followed(0))["drift"] == (None, None)
    assert volume_ratio(10, 100, None, 0).light is None
    assert selection_error(None, 0, 0.1).value is None
    assert reinforcement("kept-out", followed(0), np.random.default_rng(0)).light is None


@pytest.mark.parametrize(
    ("low", "high", "shown"), [(0.5, 0.9, "red"), (0.49, 0.9, "amber"), (0.1, 0.5, "amber"), (0, 0.49, "green")]
)
def test_lights(low: float, high: float, shown: str) -> None:
    assert light(low, high, 0.5) == shown
    assert light(None, None, 0.5) is None


@pytest.mark.parametrize(
    ("positives", "prevalence", "value", "shown"),
    [
        (20, (0.2, 0.15, 0.25), 1.0, "green"),
        (20, (0.05, 0.03, 0.09), 4.0, "red"),
        (20, (0.12, 0.09, 0.2), 20 / 12, "amber"),
        (2, (0.2, 0.15, 0.25), 0.1, "red"),
        (20, (0.0, 0.0, 0.05), None, "red"),  # four times as many as there can be
    ],
)
def test_volume(positives: int, prevalence: tuple[float, float, float], value: float | None, shown: str) -> None:
    found = volume_ratio(positives, 100, prevalence, 60)
    assert found.value == (None if value is None else pytest.approx(value))
    assert found.light == shown


def test_patients_with_many_units_widen_the_interval() -> None:
    rng, wrong = np.random.default_rng(0), np.ones(60, bool)
    sick = np.arange(6) % 2 == 0
    apart = followed(60, wrong_before=wrong, wrong_after=np.repeat(sick, 10))
    together = followed(60, wrong_before=wrong, wrong_after=np.repeat(sick, 10), patient=np.repeat(np.arange(6), 10))
    one, other = (next(m for m in measure_bias(u, rng) if m.name == "persistence") for u in (apart, together))
    assert (other.low or 0) < (one.low or 0) - 0.1
    assert (other.high or 0) > (one.high or 0) + 0.1


def test_calibration() -> None:
    sure = np.full(10, 0.95)
    lesion = np.arange(10) < 5
    assert calibration_error(sure, lesion, np.ones(10)) == pytest.approx(0.45)
    drift = next(
        m for m in measure_bias(followed(10, presence_after=sure, presence_before=np.full(10, 0.5), lesion=lesion),
                                np.random.default_rng(0)) if m.name == "drift"
    )  # fmt: skip
    assert drift.value == pytest.approx(0.45)
