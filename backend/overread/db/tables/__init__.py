"""Every table. Words are those of the README; constraints say what a row may never lie about.

What cannot be said in a column stands in the first migration: masks, reads, gate decisions, audit items and the
trail refuse UPDATE and DELETE by trigger, whoever asks.
"""

from overread.db.tables.audits import (
    Audit,
    AuditCase,
    AuditItem,
    AuditStratum,
    HoldoutReference,
    KeptOut,
    Plant,
    PublicLabelRead,
    Read,
    Submission,
    TrailLine,
)
from overread.db.tables.base import Json, Table
from overread.db.tables.films import (
    Fingerprint,
    Image,
    ImportLine,
    Mask,
    MaskChange,
    Patient,
    Project,
    Source,
    SourceBox,
    SourceMask,
    SourceStatement,
)
from overread.db.tables.gate import Certificate, GateDecision
from overread.db.tables.iterations import (
    Encoder,
    Epoch,
    Iteration,
    Job,
    Labelling,
    MemberMask,
    ProbabilityMap,
    PseudoLabel,
    Run,
    Score,
    TrainingImage,
    TrainingSet,
)
from overread.db.tables.people import Account, SignIn, SignInLink

__all__ = [
    "Account",
    "Audit",
    "AuditCase",
    "AuditItem",
    "AuditStratum",
    "Certificate",
    "Encoder",
    "Epoch",
    "Fingerprint",
    "GateDecision",
    "HoldoutReference",
    "Image",
    "ImportLine",
    "Iteration",
    "Job",
    "Json",
    "KeptOut",
    "Labelling",
    "Mask",
    "MaskChange",
    "MemberMask",
    "Patient",
    "Plant",
    "ProbabilityMap",
    "Project",
    "PseudoLabel",
    "PublicLabelRead",
    "Read",
    "Run",
    "Score",
    "SignIn",
    "SignInLink",
    "Source",
    "SourceBox",
    "SourceMask",
    "SourceStatement",
    "Submission",
    "Table",
    "TrailLine",
    "TrainingImage",
    "TrainingSet",
]
