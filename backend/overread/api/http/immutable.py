"""Answers that never change under their hash: told again in a line (304) to who has them, and packed once."""

import gzip
from collections.abc import Callable

from fastapi import Request, Response

from overread.api.http.deps import Installation
from overread.services.films.cache import kept

# Pixels never change under their hash, but they are somebody's film: the browser may keep them, no proxy may.
FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
# What a name means may change: the browser asks each time, and is told in a line that it has it.
ASKED = {"Cache-Control": "private, no-cache"}


def tagged(request: Request, tag: str, make: Callable[[], bytes], media: str, headers: dict[str, str]) -> Response:
    """The bytes under their tag; 304, without making them, for who names it."""
    headers = headers | {"ETag": f'"{tag}"'}
    if _names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(make(), media_type=media, headers=headers)


def packed(
    request: Request, installation: Installation, sha256: str, make: Callable[[], bytes], headers: dict[str, str]
) -> Response:
    """Bytes with this SHA-256, to who takes gzip in the form that was packed at the first request and kept since."""
    headers = headers | {"Vary": "Accept-Encoding"}
    media = "application/octet-stream"
    if not takes_gzip(request.headers.get("accept-encoding", "")):
        return tagged(request, sha256, make, media, headers)
    path = installation.settings.data_folder / "packed" / sha256[:2] / f"{sha256}.gz"

    def pack() -> bytes:
        return kept(path, lambda: gzip.compress(make(), compresslevel=1, mtime=0), installation.settings.disk_reserve)

    return tagged(request, f"{sha256}-gzip", pack, media, headers | {"Content-Encoding": "gzip"})


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding lets us send gzip (RFC 9110, 12.5.3); none at all is taken for no."""
    weights = {}
    for part in accepted.lower().split(","):
        coding, _, weight = part.replace(" ", "").partition(";q=")
        weights[coding] = weight.strip("0.") != "" or weight == ""
    return weights.get("gzip", weights.get("*", False))


def _names(if_none_match: str, tag: str) -> bool:
    known = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return f'"{tag}"' in known or "*" in known
