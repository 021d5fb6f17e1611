"""Which finding a source means by its own words."""

import unicodedata

import pytest

from overread.datasets.files.names import naming
from overread.domain.errors import InvalidInput

FIVE = ["consolidation", "pneumothorax", "fibrosis", "pleural_effusion", "nodule"]


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("Effusion", "pleural_effusion"),
        ("Pleural Effusion", "pleural_effusion"),
        ("Pulmonary fibrosis", "fibrosis"),
        (" nodule ", "nodule"),
        ("Nodule/Mass", None),
        ("Lung Lesion", None),
        ("No Finding", None),
        ("", None),
    ],
)
def test_words_for_the_same_are_known_and_words_for_more_are_not(name: str, finding: str | None) -> None:
    assert naming(FIVE, {})(name) == finding


def test_a_finding_of_the_project_is_known_by_its_id() -> None:
    assert naming(["rib_fracture"], {})("Rib fracture") == "rib_fracture"


def test_two_spellings_of_one_class_are_one_finding() -> None:
    finding_of = naming(["infiltration"], {})
    assert finding_of("Infiltrate") == finding_of("Infiltration") == "infiltration"


def test_what_a_user_says_outranks_the_synonyms() -> None:
    finding_of = naming(FIVE, {"nodule/mass": "nodule", "Effusion": ""})
    assert finding_of("Nodule/Mass") == "nodule"
    assert finding_of("Effusion") is None


def test_accents_are_the_same_however_they_are_stored() -> None:
    name = "Épanchement"
    assert naming(FIVE, {unicodedata.normalize("NFD", name): "pleural_effusion"})(name) == "pleural_effusion"


def test_a_finding_that_the_project_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidInput, match="said to be 'mass'"):
        naming(FIVE, {"Mass": "mass"})


@pytest.mark.parametrize("finding", ["Effusion", "pulmonary nodule"])
def test_a_synonym_means_nothing_where_the_project_has_no_such_finding(finding: str) -> None:
    assert naming(["mass"], {})(finding) is None
