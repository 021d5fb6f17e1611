"""The study's own figures, all that it tells of a score, typed once: the tables print them beside ours.

All are of films of people: networks with an EfficientNet encoder (B3, B5, B6, B7), taught on 38,005 labelled films of
three hospitals and tested on 16,223 of a fourth. It gives no interval, and no figure of a single one of its five
findings.
"""

from dataclasses import dataclass
from typing import Literal

Part = Literal["iterations, one finding", "iterations, five findings", "auxiliary classifier", "copy-paste", "ensemble"]
ONE: Part = "iterations, one finding"
FIVE: Part = "iterations, five findings"
AUXILIARY: Part = "auxiliary classifier"
PASTE: Part = "copy-paste"
ENSEMBLE: Part = "ensemble"


@dataclass(frozen=True)
class Figure:
    """What the study says of one network, or of several together, in %; None where it says nothing.

    ``part``: which of its tables says so. ``findings``: 1 is pneumothorax alone, 5 is the mean of five. ``d_auc`` is
    its Dice-based AUROC.
    """

    part: Part
    findings: Literal[1, 5]
    name: str
    network: str
    d_auc: float
    dice: float
    sensitivity: float | None = None
    specificity: float | None = None


STUDY = (
    Figure(ONE, 1, "exp20", "B5, copy-paste 25 %, noise 1", 97.00, 76.38, 94.03, 99.87),
    Figure(ONE, 1, "exp21", "B5, copy-paste 50 %", 97.70, 78.03, 95.41, 99.83),  # its copy-paste table says 99.60
    Figure(ONE, 1, "exp22", "B5, copy-paste 75 %", 97.12, 77.96, 94.29, 99.60),
    Figure(ONE, 1, "exp20 + 21 + 22", "B5", 97.57, 78.04, 95.15, 99.90),
    Figure(ONE, 1, "exp23", "B6, copy-paste 25 %, no pseudo labels", 97.01, 77.28, 94.03, 99.87),
    Figure(ONE, 1, "exp24", "B6, copy-paste 25 %", 97.99, 78.65, 96.02, 99.62),
    Figure(ONE, 1, "exp25", "B6, copy-paste 50 %", 98.64, 78.78, 96.80, 98.89),
    Figure(ONE, 1, "exp24 + 25", "B6", 98.51, 79.17, 96.80, 99.60),
    Figure(ONE, 1, "exp27", "B7, classifier, copy-paste 50 %", 98.54, 79.47, 97.14, 99.32),
    Figure(FIVE, 5, "exp5", "B5, classifier, copy-paste 75 %", 77.66, 39.79, 58.01, 96.22),
    Figure(FIVE, 5, "exp9", "B3, classifier, loss 5:5", 76.59, 38.44, 55.70, 96.62),
    Figure(FIVE, 5, "exp14", "B3, classifier, noise 2, loss 1:9, copy-paste 25 %", 77.31, 39.27, 57.16, 96.39),
    Figure(FIVE, 5, "exp5 + 9 + 14", "B3 and B5", 77.27, 38.96, 56.71),
    Figure(FIVE, 5, "exp24", "B6, classifier, copy-paste 75 %, one teacher", 75.61, 37.24, 53.01, 97.71),
    Figure(FIVE, 5, "exp25", "B6, classifier, copy-paste 75 %, ensemble of teachers", 75.61, 37.38, 53.36, 97.24),
    # It does not say of how many findings these are; at these levels, of one.
    Figure(AUXILIARY, 1, "off, 0 %", "B5", 91.98, 66.67, 84.07, 99.67),
    Figure(AUXILIARY, 1, "on, 0 %", "B5", 93.77, 70.72, 87.62, 99.73),
    Figure(AUXILIARY, 1, "off, 50 %", "B5", 94.11, 70.45, 88.57, 98.58),
    Figure(AUXILIARY, 1, "on, 50 %", "B5", 94.46, 71.76, 89.18, 98.60),
    Figure(PASTE, 1, "0 %", "B5", 96.70, 76.37, 93.42, 99.71),
    Figure(PASTE, 1, "50 %", "B5", 97.70, 78.03, 95.41, 99.60),
    Figure(PASTE, 1, "75 %", "B5", 97.12, 77.96, 94.29, 99.60),
    Figure(PASTE, 5, "0 %", "B5", 75.60, 36.67, 53.36, 97.83),
    Figure(PASTE, 5, "50 %", "B5", 76.28, 37.19, 54.84, 96.99),
    Figure(PASTE, 5, "75 %", "B5", 77.66, 39.79, 58.01, 96.22),
    Figure(ENSEMBLE, 1, "initial, soft", "B5", 97.48, 78.04, 94.89, 99.90),
    Figure(ENSEMBLE, 1, "initial, weighted", "B5", 97.57, 78.04, 95.15, 99.90),
    Figure(ENSEMBLE, 1, "iteration 1, the first alone", "B6", 97.99, 78.65),
    Figure(ENSEMBLE, 1, "iteration 1, the second alone", "B6", 98.64, 78.78),
    Figure(ENSEMBLE, 1, "iteration 1, soft", "B6", 98.09, 78.64, 96.10, 99.80),
    Figure(ENSEMBLE, 1, "iteration 1, weighted", "B6", 98.51, 79.17, 96.80, 99.60),
    Figure(ENSEMBLE, 5, "B3 alone", "", 77.31, 39.27),
    Figure(ENSEMBLE, 5, "B5 alone", "", 77.66, 39.79),
    Figure(ENSEMBLE, 5, "B3 + B5, soft", "", 77.24, 38.91, 56.65, 96.93),
    Figure(ENSEMBLE, 5, "B3 + B5, weighted", "", 77.79, 39.60, 57.89, 96.83),
    Figure(ENSEMBLE, 5, "exp21 alone", "", 74.95, 36.16),
    Figure(ENSEMBLE, 5, "exp22 alone", "", 74.65, 35.91),
    Figure(ENSEMBLE, 5, "exp23 alone", "", 74.35, 34.71),
    Figure(ENSEMBLE, 5, "exp21–23, soft", "", 74.53, 35.46, 50.45, 98.21),
    Figure(ENSEMBLE, 5, "exp21–23, weighted", "", 75.05, 36.11, 51.67, 98.10),
)
BY_NAME = {(one.part, one.findings, one.name): one for one in STUDY}


def figure(part: Part, name: str, findings: Literal[1, 5] = 1) -> Figure:
    """The figure of that part and name; raises KeyError where there is none."""
    return BY_NAME[part, findings, name]
