"""Canonical bytes: what names a training set must be spelt as it ever was."""

import json

from overread.domain.learning.manifest import Line, Target, canonical, parse

SPELT = (
    '{"image":"ab","targets":{'
    '"fibrosis":{"kind":"pseudo","mask":null,"stability":0.25,"weight":0.5},'
    '"nodule":{"kind":"reference","mask":"cd","weight":1.0}}}'
)


def test_a_line_is_spelt_as_before_there_were_types_and_read_back() -> None:
    targets = {"nodule": Target("reference", "cd", 1.0), "fibrosis": Target("pseudo", None, 0.5, 0.25)}
    line = Line("ab", targets)
    assert canonical(line) == SPELT
    assert parse(SPELT.encode()) == line
    assert canonical(parse(SPELT.encode())) == SPELT


def test_a_stability_of_zero_is_known() -> None:
    told = json.loads(canonical(Line("ab", {"nodule": Target("pseudo", None, 0.5, 0.0)})))
    assert told["targets"]["nodule"]["stability"] == 0.0
