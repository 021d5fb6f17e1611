"""A reader who knows the phantom's truth. With scorers, the only place where hidden truth is opened."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from overread.datasets.phantoms.phantom import truth
from overread.domain.imaging import masks
from overread.domain.readers.effort import seconds_of_film, work_of
from overread.domain.words import Work

USABLE = 0.8  # Dice at which this reader accepts a mask instead of redrawing it
Api = Callable[..., Any]


def read_audit(api: Api, audit_id: int, options: Mapping[str, Any]) -> int:
    """Read every open case of an audit through the API, against the truth of the phantom with these options.

    The seconds that are told are modelled (``domain.readers.effort``): nobody has read.
    """
    cases = 0
    while (case := api("POST", f"/audits/{audit_id}/claim")) is not None:
        hidden = truth(options, case["image"]["file_name"])
        say = draw if case["blind"] else judge
        drawn = [asked for asked in case["findings"] if asked["drawn"]]
        verdicts = [say(asked, hidden[asked["finding"]]) for asked in drawn]
        kinds = [work(asked, said) for asked, said in zip(drawn, verdicts, strict=True)]
        api(
            "POST",
            f"/cases/{case['id']}/reads",
            headers={"If-Match": f'"{case["version"]}"', "Idempotency-Key": uuid4().hex},
            json={
                "image_sha256": case["image"]["sha256"],
                "fence": case["fence"],
                "seconds": round(seconds_of_film(kinds, blind=case["blind"]), 2),
                "verdicts": verdicts,
            },
        )
        cases += not case["blind"]
    return cases


def work(asked: Mapping[str, Any], said: Mapping[str, Any]) -> Work:
    """Which kind of work a verdict was to this reader, who draws by hand; what they drew blind they leave as it is."""
    stood = asked["frozen"] or asked["pseudo"]
    if stood is not None and stood["counts"] == said.get("mask", {}).get("counts"):
        return "accept"
    kind = work_of(said["verdict"], from_nothing=stood is None)
    assert kind is not None
    return kind


def judge(asked: Mapping[str, Any], hidden: NDArray[np.bool_]) -> dict[str, Any]:
    """Accept what is usable or rightly empty, reject what is not there, redraw the rest."""
    pseudo = np.zeros_like(hidden)
    if asked["pseudo"] is not None:
        pseudo = masks.decode(asked["pseudo"]["counts"].encode(), *asked["pseudo"]["size"])
    if not hidden.any():
        return {"finding": asked["finding"], "verdict": "reject" if pseudo.any() else "accept", "shown": asked["shown"]}
    if (masks.dice(pseudo, hidden) or 0.0) >= USABLE:
        return {"finding": asked["finding"], "verdict": "accept", "shown": asked["shown"]}
    return draw(asked, hidden)


def draw(asked: Mapping[str, Any], hidden: NDArray[np.bool_]) -> dict[str, Any]:
    """What is there, or that there is none: a blind read, before any mask is shown."""
    if not hidden.any():
        return {"finding": asked["finding"], "verdict": "reject", "shown": asked["shown"]}
    mask = {"size": list(hidden.shape), "counts": masks.encode(hidden).decode("ascii")}
    return {"finding": asked["finding"], "verdict": "fix", "mask": mask, "shown": asked["shown"]}
