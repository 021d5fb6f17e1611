"""Findings as DICOM names them."""

from highdicom.sr import CodedConcept

from overread.domain.findings import TERMS

OWN = "99OVERREAD"  # the scheme of what no other names


def finding_code(finding: str) -> CodedConcept:
    """A finding's concept: SNOMED CT's with RadLex' beside it, or a project's own name in our scheme."""
    term = TERMS.get(finding)
    if term is None:
        return CodedConcept(finding, OWN, finding)
    code = CodedConcept(term.snomed, "SCT", term.meaning)
    code.EquivalentCodeSequence = [CodedConcept(term.radlex, "RADLEX", term.meaning)]
    return code
