"""What findings are called in the vocabularies that other systems know."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A finding's concept in SNOMED CT, what that is called there, and RadLex' identifier of it."""

    snomed: str
    meaning: str
    radlex: str


TERMS = {
    "consolidation": Term("95436008", "Lung consolidation", "RID43255"),
    "pneumothorax": Term("36118008", "Pneumothorax", "RID5352"),
    "fibrosis": Term("51615001", "Pulmonary fibrosis", "RID3820"),
    "pleural_effusion": Term("60046008", "Pleural effusion", "RID34539"),
    "nodule": Term("786838002", "Nodule of lung", "RID50149"),
}
