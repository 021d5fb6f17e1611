"""A source's options: those of its reader, and those that are ours."""

import re
from collections.abc import Mapping, Sequence

from overread.datasets.files.names import naming
from overread.domain.errors import InvalidInput
from overread.domain.json_value import JsonValue

# How patients are shared out among splits (``splits``); what findings are called in terminologies.
OURS = {"shares", "split_seed", "codes"}
CODES = {"snomed": re.compile(r"\d{6,18}"), "radlex": re.compile(r"RID\d{1,10}")}


def of_reader(options: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """What its reader is told."""
    return {name: value for name, value in options.items() if name not in OURS}


def names_of(options: Mapping[str, JsonValue]) -> dict[str, str]:
    """Which finding each of the source's own names means, as far as somebody said so; "" for one that is left out.
    Raises InvalidInput for what is no such table."""
    given = options.get("names", {})
    said = given if isinstance(given, Mapping) else {"": None}
    names = {name: finding for name, finding in said.items() if isinstance(finding, str)}
    if len(names) < len(said) or not all(name.isprintable() and 1 <= len(name) <= 200 for name in names):
        raise InvalidInput('names gives a finding, or "", to each name of the source\'s own, of 1 to 200 characters.')
    return names


def check_meaning(options: Mapping[str, JsonValue], findings: Sequence[str]) -> None:
    """Raise InvalidInput for names or codes that are of no finding of the project, or are none."""
    naming(list(findings), names_of(options))
    given = options.get("codes", {})
    if not isinstance(given, Mapping) or not all(isinstance(codes, Mapping) for codes in given.values()):
        raise InvalidInput('codes gives each finding its codes: {"nodule": {"snomed": "…", "radlex": "RID…"}}.')
    for finding, codes in given.items():
        if finding not in findings:
            raise InvalidInput(f"There are codes of {finding!r}, and this project has {', '.join(findings)}.")
        for kind, code in codes.items() if isinstance(codes, Mapping) else ():
            if kind not in CODES or not isinstance(code, str) or not CODES[kind].fullmatch(code):
                raise InvalidInput(
                    f"{code!r} is no {kind} code of {finding}: snomed is 6 to 18 digits, radlex RID and digits."
                )
