"""Every word that is stored, sent or shown as one of a few, once: database checks, API and the web's types follow."""

from typing import Literal, get_args

# People
Role = Literal["reader", "engineer", "admin"]
# How a person can come in: by password or an open session; by a link that nobody used yet; not without a new link; not
# until the account is enabled.
PersonState = Literal["active", "invited", "no-way-in", "disabled"]
# What happened to the first bad line of a trail; the last two are seen by an anchor only.
TrailFault = Literal["changed", "missing", "inserted", "reordered", "rewritten", "cut"]

# Films
SourceRole = Literal["labelled", "external", "pool"]
Split = Literal["train", "development", "external", "pool"]
Origin = Literal["AUTOMATIC", "SEMIAUTOMATIC", "MANUAL"]  # of a mask, in DICOM's words
SourceMaskKind = Literal["reference", "public"]
Says = Literal["present", "absent", "uncertain"]  # of a finding on a whole film
SourceSays = Literal[Says, "boxed"]  # of a finding, beside masks
ImportOutcome = Literal["added", "changed", "unchanged", "refused"]
SourceRemark = Literal[
    "alone", "one_patient", "twins", "lettering", "empty", "nobody_has", "everybody_has", "newer", "disputed", "beside"
]

# Jobs and stages
JobKind = Literal["import", "preview", "pretrain", "train", "label", "evaluate", "audit"]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]
Queue = Literal["cpu", "gpu"]
Stage = Literal["planned", "training", "labelling", "auditing", "closed", "failed", "cancelled"]
Half = Literal["a", "b"]  # of the pool, by patients

# Labels
Decision = Literal["positive", "negative", "uncertain"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)
Side = Literal["positive", "negative"]  # of a certificate
SIDES: tuple[Side, ...] = get_args(Side)
Teaches = Literal["all", "contour"]  # what a machine's labels teach: presence and contour, or where a finding lies
TEACHES: Teaches = "all"  # where nobody says otherwise: recipes and launches alike
TAUGHT: dict[Teaches, tuple[Side, ...]] = {"all": SIDES, "contour": ("positive",)}  # an empty mask has no contour
Thresholds = Literal["hand", "certified", "weighted"]  # by what pseudo labels enter a training set
TargetKind = Literal["reference", "read", "pseudo"]

# Exports
Told = Literal["lesion", "no_lesion", "uncertain"]  # what a label says; without a label a finding was not looked at
ToldBy = Literal["reference", "read", "pseudo", "public"]
ExportSplit = Literal["train", "development", "external", "pool", "holdout"]  # HOLDOUT is no pool outside of here
SourceFormat = Literal["statements", "source-boxes"]  # what sources say, where the others hold labels
TextFormat = Literal["jsonl", "coco", "boxes", "siim", SourceFormat]
FolderFormat = Literal["png", "nnunet", "seg", "parquet", "webdataset"]  # many files
ExportFormat = Literal[TextFormat, FolderFormat]

# Scores against reference masks
ScoredSplit = Literal["external", "development"]
Metric = Literal["d_auc", "d_auc_usable", "id_auc", "dice", "sensitivity", "specificity", "auroc"]
# What is not alike between two iterations, so that their scores do not compare labels alone.
Unlike = Literal[
    "networks",
    "parameters",
    "epochs",
    "size",
    "seeds",
    "code",
    "thresholds",
    "test-films",
    "test-masks",
    "test-sources",
    "test-split",
]
AgreedOn = Literal["presence", "dice"]  # what masks and public labels are compared by

# The audit
Stream = Literal["FIX", "MEASURE", "SENTINEL", "HOLDOUT"]
FixBy = Literal["risk", "film"]  # what FIX reads: the worst labels, or the rest of the films that MEASURE looks at
FIX_BY: FixBy = "film"  # where nobody says otherwise
Task = Literal["read", "blind", "planted", "second", "again"]
Look = Literal["first", "second", "again"]
PlantKind = Literal["removed", "false", "shifted", "dilated", "eroded", "mirrored"]
Verdict = Literal["accept", "fix", "reject", "cannot_tell"]
Adopted = Literal["pseudo", "public", "previous", "read", "sibling", "teacher"]
PublicVerdict = Literal["wrong", "withdrawn"]
# What a read was for its reader's hand: taken as it stood; another threshold; another's mask taken over; what stood
# mended; drawn from nothing; no lesion; no word.
Work = Literal["accept", "slider", "adopt", "redraw", "draw", "reject", "cannot_tell"]
WORKS: tuple[Work, ...] = get_args(Work)
LateWhy = Literal["audit-closed", "read-final"]

# The gate
ClauseName = Literal[
    "enough-reads",
    "certified-error",
    "withheld",
    "holdout-regression",
    "error-reinforcement",
    "subgroup-regression",
    "reader-trust",
    "ungated",
]
Extended = Literal["MEASURE", "HOLDOUT", "SENTINEL"]  # streams that grow while their audit is open
Errors = Literal["called", "true"]  # what is bounded: what readers called wrong, or what is
Family = Literal["finding", "project"]  # what δ is the doubt of: a finding in an audit, or all of a project's
Light = Literal["red", "amber", "green"]
TrustLight = Literal["red", "amber", "green", "grey"]  # grey: too little was seen of a reader
