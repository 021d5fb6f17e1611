"""What each number on screen is: of what, how drawn, read by whom, and what is promised of it.

``python -m overread.domain.policy.statements`` prints the table of docs/numbers.md.
"""

from dataclasses import dataclass

REPORT = "report"
GATE_POPULATION = (
    "The finding's labels that would teach with nobody's word: decided (where the plan lets contours alone teach: "
    "positive), with a weight, not held out, not kept out, not on the FIX list, and never read before the audit was "
    "drawn"
)
DRAWN = "The first of one random order that was settled with the draw; more reads go on in it"
SHOWN = "One reader, the machine's mask shown; a judge's word where two readers differed"
AT_THE_GATE = f"{SHOWN}. “Cannot tell” and what is not read yet count as wrong"
TOLD = f"{SHOWN}. “Cannot tell” is left out and counted beside it"
FOLLOWED = "Units that no network learned from: HOLDOUT, and wrong ones that were kept out of training"


@dataclass(frozen=True)
class Statement:
    """Of a number, in words. ``covers``: the names that it goes by in the report; ``where`` it is shown."""

    number: str
    covers: tuple[str, ...]
    where: tuple[str, ...]
    population: str
    sampling: str
    reader: str
    guarantee: str
    silent: str


STATEMENTS = (
    Statement(
        "Counts of films, labels, reads, networks and seconds",
        ("Films", "Seed", "Seconds", "Parameters", "Reads", "Items", "enough-reads", "withheld"),
        ("every page", REPORT),
        "What is there",
        "None: all are counted",
        "Not a reading",
        "None is needed: it is a count. Clause (a), enough-reads, asks for as many as were declared",
        "Whether any of it is right",
    ),
    Statement(
        "Clause (b): the error of a finding is at most so much",
        ("certified-error",),
        ("gate", REPORT),
        GATE_POPULATION,
        DRAWN,
        AT_THE_GATE,
        "If more than α of these labels were wrong, the clause would ever pass with a probability of at most δ, "
        "however often one looks and in whatever order is read. “Wrong” is what the plan declared: called wrong by "
        "these readers (errors: called), or wrong by the share of planted errors that they find (errors: true)",
        "Of called errors: whether the readers were right. Anything of several findings together (family: finding), of "
        "labels that people repaired, of other films, or of a gate that was overridden",
    ),
    Statement(
        "A certified threshold",
        ("Threshold", "Evidence", "certificate"),
        ("gate", REPORT),
        f"{GATE_POPULATION}; of one side, at the threshold or beyond",
        f"{DRAWN}, and the next positives where they are few",
        AT_THE_GATE,
        "Such a threshold with more than α wrong inside is certified with a probability of at most δ, for this "
        "finding, side and audit",
        "Anything of what is outside. An α that was chosen after looking is marked, and a laxer one opens no gate",
    ),
    Statement(
        "Clauses (c) and (e): the share of right labels does not fall",
        ("holdout-regression", "subgroup-regression"),
        ("gate", REPORT),
        "HOLDOUT units, which no network learned from, with a reference: all, or those of a source, site, view or sex",
        "By a hash of patients, settled when their first film came; units and further patients in an order of the "
        "project",
        "Read blind, before any machine's mask was shown, once and for ever; a judge's word where two readers differed",
        "The mean over patients of each one's change is above the limit with the declared confidence, also where "
        "further patients are read and it is asked again",
        "That nothing got worse by less than the margin, or in a subgroup with too few patients to show it",
    ),
    Statement(
        "Clause (d) and the bias panel: what becomes of wrong labels",
        (
            "error-reinforcement",
            "kept-out",
            "reinforcement",
            "inflation",
            "agreement",
            "persistence",
            "fix",
            "new",
            "drift",
        ),
        ("bias", "gate", REPORT),
        FOLLOWED,
        "HOLDOUT by a hash of patients; kept-out ones by a hash of the unit, and only where a read found them wrong",
        TOLD,
        "95 % interval at one look: exact for shares, or a bootstrap over patients where that is wider",
        "A cause. Green means that nothing bad is known of, not that there is nothing",
    ),
    Statement(
        "Volume, and wrong among labels trained on",
        ("volume", "selection"),
        ("bias", REPORT),
        GATE_POPULATION,
        DRAWN,
        TOLD,
        "The 95 % interval of the audit's estimate, at one look",
        "Anything of single films",
    ),
    Statement(
        "Clause reader-trust: planted errors found",
        ("reader-trust",),
        ("gate", "my reading", REPORT),
        "Wrong masks that were made for this audit and stood in a label's place",
        "SENTINEL items at random among the findings' labels",
        "The audit's readers, who do not know which masks are planted",
        "Readers who miss one planted error in three ever pass with a probability of at most 10 %, however often one "
        "asks and however many are planted after the draw",
        "That they find subtle errors as often: a planted one is coarse",
    ),
    Statement(
        "Wrong labels, mean Dice, missed lesions, prevalence: while readers read",
        ("error", "dice", "missed", "prevalence", "betting, while reading"),
        ("measure", REPORT),
        f"{GATE_POPULATION}. Dice: its positives; missed: its negatives. Of contours alone there are error and Dice",
        f"{DRAWN}; a read waits until all before it are made",
        TOLD,
        "The interval holds the truth with 95 % confidence at every look at once, each quantity and finding by itself",
        "What those say that could not be told, or that all intervals hold together",
    ),
    Statement(
        "The same, once the audit is read",
        ("stratified", "difference", "ratio", "exact", "betting"),
        ("measure", REPORT),
        f"{GATE_POPULATION}; or those of it in a source, site, view or sex",
        "Each finding's sample and the next positives, weighed by N over n of its positives and negatives",
        TOLD,
        "95 % interval at one look, no narrower than the exact one of as many reads",
        "The gate does not rest on it. Asked again after more reads it is another interval",
    ),
    Statement(
        "The error, corrected for readers' slips",
        ("corrected",),
        ("measure", REPORT),
        GATE_POPULATION,
        "As above; slips from planted errors, and from masks that a judge or a second reader found right",
        TOLD,
        "95 % interval at one look, if readers find real errors as often as planted ones",
        "That they do",
    ),
    Statement(
        "Scores of the networks",
        ("d_auc", "dice", "sensitivity", "specificity"),
        ("dashboards", REPORT),
        "Films with reference masks, of a source that no network learned from, or development films",
        "All of them that have the finding told",
        "Whoever made the reference masks",
        "95 % interval over patients drawn again",
        "Anything of another hospital. Development films chose the threshold, so that their scores flatter",
    ),
    Statement(
        "Dice below a picture",
        ("picture",),
        ("reading", "compare", REPORT),
        "One film and finding",
        "The typical and the worst of those that were read",
        SHOWN,
        "None: it is an exact number of two masks",
        "Anything of other films",
    ),
    Statement(
        "What a launch's audit can show",
        (),
        ("launch", "overread audit power"),
        "As large as the last audit's, or every film of the pool",
        "As the launch would draw",
        "Readers who do not slip, and miss one planted error in ten",
        "The exact chance that clause (b) passes where so many labels are wrong",
        "How many are wrong: that is assumed, and the page says so",
    ),
    Statement(
        "Reads still needed",
        (),
        ("gate", "measure"),
        GATE_POPULATION,
        DRAWN,
        AT_THE_GATE,
        "None: a forecast by what was read. At the gate, reads that open it in nine cases of ten",
        "That it opens then",
    ),
    Statement(
        "What the next training set would hold, and how wrong",
        (),
        ("gate",),
        "Labels that would enter by these thresholds",
        "The audit's reads among them, weighed by 1/π",
        "As at the gate",
        "The exact 95 % interval of as many reads as the weights are worth, at one look",
        "A promise: thresholds chosen here after looking are confirmed at the α that was declared",
    ),
    Statement(
        "A reader's own shares",
        (),
        ("my reading",),
        "What this reader read in this project",
        "SENTINEL items and second looks, at random",
        "This reader, who does not know which are tests",
        "Exact 95 % intervals at one look",
        "An order of readers: there is none",
    ),
    Statement(
        "Minutes of reading, by kind of work",
        (),
        ("dashboards",),
        "Every save of a read in the project, late ones, blind drafts and a judge's decisions too",
        "None: all are counted. A film's time is shared out among its findings in proportion to modelled seconds",
        "Whoever read. A minute without a key or a move of the pointer, and a hidden page, are not counted",
        "None: it is a sum, and medians of at least ten reads. Fewer are told as modelled: gestures that a scripted "
        "reader needs, at keystroke-level times",
        "What another reader, another film or another network would take. Modelled seconds are of nobody",
    ),
    Statement(
        "The mean score against minutes of reading",
        (),
        ("dashboards",),
        "As the scores of the networks; minutes as above, of all iterations before the one that was trained",
        "As the scores of the networks",
        "As the scores of the networks",
        "The mean of the findings' 95 % intervals, no narrower than the mean's own",
        "That the reading made the difference: training and chance differ too. Intervals that overlap prove no gain",
    ),
    Statement(
        "Presence, agreement, stability, risk and weight of a label",
        (),
        ("pool", "reading"),
        "One label",
        "None: the networks say it of every label",
        "Nobody",
        "None: these are the networks' own words, calibrated on development films",
        "Whether the label is right",
    ),
    Statement(
        "Agreement with public labels, and its change",
        (),
        ("dashboards",),
        "Films of a pool source that has public labels",
        "All of them",
        "Whoever made the public labels, which are nobody's truth",
        "95 % interval over patients",
        "Whether either is right",
    ),
    Statement(
        "The promise, measured",
        (),
        ("the promise",),
        "Procedural films whose truth is known",
        "The benchmark's report seeds that have run (docs/bias.md)",
        "Simulated readers",
        "95 % interval over seeds",
        "Anything of real films",
    ),
)


def in_report() -> tuple[Statement, ...]:
    """Those of the numbers that an iteration's report prints."""
    return tuple(one for one in STATEMENTS if REPORT in one.where)


def as_markdown() -> str:
    """All statements as a table."""
    names = ("Number", "Where", "Population", "Sampling", "Reader and conditions", "Guarantee", "What it does not say")
    rows = [
        (f"**{s.number}**", ", ".join(s.where), s.population, s.sampling, s.reader, s.guarantee, s.silent)
        for s in STATEMENTS
    ]
    lines = [names, ["---"] * len(names), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    print(as_markdown(), end="")
