"""What an entry says beside masks, as sets that can be compared."""

from overread.datasets.reading import Entry

Sides = tuple[str, str, float, float, float, float]


def said(entry: Entry) -> dict[str, str]:
    """The word of each finding, "reader:" before it where the source tells whose it is."""
    told: dict[str, str] = {}
    for one in entry.statements:
        key = f"{one.reader}:{one.finding}" if one.reader else one.finding
        assert key not in told
        told[key] = one.says
    return told


def drawn(entry: Entry) -> set[Sides]:
    """Finding, reader and sides of each box."""
    boxes = entry.boxes(entry.load())
    return {(box.finding, box.reader, box.left, box.top, box.right, box.bottom) for box in boxes}
