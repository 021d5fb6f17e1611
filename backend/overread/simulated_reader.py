"""A reader who knows the phantom's truth. With scorers, the only place where hidden truth is opened."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from overread.datasets.phantom import truth
from overread.domain.imaging import masks

USABLE = 0.8  # Dice at which this reader accepts a mask instead of redrawing it
Api = Callable[..., Any]


def read_audit(api: Api, audit_id: int, options: Mapping[str, Any]) -> int:
    """Read every open case of an audit through the API, against the truth of the phantom with these options."""
    cases = 0
    while (case := api("POST", f"/audits/{audit_id}/claim")) is not None:
        hidden = truth(options, case["image"]["file_name"])
        say = draw if case["blind"] else judge
        verdicts = [say(told, hidden[told["finding"]]) for told in case["findings"] if told["drawn"]]
        api(
            "POST",
            f"/cases/{case['id']}/reads",
            headers={"If-Match": f'"{case["version"]}"', "Idempotency-Key": uuid4().hex},
            json={
                "image_sha256": case["image"]["sha256"],
                "fence": case["fence"],
                "seconds": 0,
                "verdicts": verdicts,
            },
        )
        cases += not case["blind"]
    return cases


def judge(told: Mapping[str, Any], hidden: NDArray[np.bool_]) -> dict[str, Any]:
    """Accept what is usable or rightly empty, reject what is not there, redraw the rest."""
    pseudo = np.zeros_like(hidden)
    if told["pseudo"] is not None:
        pseudo = masks.decode(told["pseudo"]["counts"].encode(), *told["pseudo"]["size"])
    if not hidden.any():
        return {"finding": told["finding"], "verdict": "reject" if pseudo.any() else "accept", "shown": told["shown"]}
    if (masks.dice(pseudo, hidden) or 0.0) >= USABLE:
        return {"finding": told["finding"], "verdict": "accept", "shown": told["shown"]}
    return draw(told, hidden)


def draw(told: Mapping[str, Any], hidden: NDArray[np.bool_]) -> dict[str, Any]:
    """What is there, or that there is none: a blind read, before any mask is shown."""
    if not hidden.any():
        return {"finding": told["finding"], "verdict": "reject", "shown": told["shown"]}
    mask = {"size": list(hidden.shape), "counts": masks.encode(hidden).decode("ascii")}
    return {"finding": told["finding"], "verdict": "fix", "mask": mask, "shown": told["shown"]}
