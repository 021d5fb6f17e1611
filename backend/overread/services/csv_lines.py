"""Lines of CSV (RFC 4180), for every table that goes out: what somebody typed is text to a spreadsheet, no formula."""

import csv
import io
from collections.abc import Iterable

# What begins a formula in a spreadsheet, wide forms included; and the mark itself, so that no two texts become one.
FORMULA = tuple("=+-@\t\r\n＝＋－＠'")


def csv_line(values: Iterable[str | int | float | bool | None]) -> str:
    """A line with its end. A text that would be a formula gets a ' before it; numbers stay numbers, None is empty."""
    safe = [f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value for value in values]
    out = io.StringIO()
    csv.writer(out).writerow(safe)
    return out.getvalue()
