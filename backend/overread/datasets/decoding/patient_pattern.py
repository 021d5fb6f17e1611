"""A user's pattern, sought in paths. Runs in the limited child: a regular expression can take for ever."""

import re

from overread.domain.errors import UnreadableImage

LONGEST = 200


def patients(pattern: str, paths: list[str]) -> list[str]:
    """What the group ``patient`` holds in each path, "" where the pattern is not found; raises UnreadableImage."""
    if len(pattern) > LONGEST:
        raise UnreadableImage(f"it is longer than {LONGEST} characters")
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise UnreadableImage(f"it is no regular expression ({error})") from None
    if list(compiled.groupindex) != ["patient"] or compiled.groups != 1:
        raise UnreadableImage("it needs one group, (?P<patient>…), and other brackets written (?:…)")
    found = (compiled.search(path) for path in paths)
    return [(one["patient"] or "").strip() if one else "" for one in found]
