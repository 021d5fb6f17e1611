"""What a network saw and how it did, drawn: a mini-batch as it was augmented, the worst and best development films."""

from pathlib import Path

import cv2
import numpy as np
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import nn

from overread_worker.ml.dataset import Cache, unpack
from overread_worker.ml.development import answers, look
from overread_worker.ml.loader import Films

CELL = 192
SHOWN, CASES = 16, 6
# The reading room's colours of findings, as OpenCV wants them: blue, green, red.
COLOURS = ((0, 159, 230), (233, 180, 86), (140, 200, 0), (66, 228, 240), (0, 94, 213), (167, 121, 204), (255, 150, 120),
           (200, 200, 200))  # fmt: skip
WHITE = (255, 255, 255)
Bytes = NDArray[np.uint8]


def draw_batch(films: Films, folder: Path) -> dict[str, Path]:
    """``{"batch": PNG}``: up to 16 films of the first epoch as the network sees them, outlined by finding."""
    cells: list[Bytes] = []
    for plan in films.plans(0):
        arrays = films[plan]
        cells += [
            _cell(film, unpack(masks, 8), ()) for film, masks in zip(arrays["films"], arrays["masks"], strict=True)
        ]
        if len(cells) >= SHOWN:
            break
    return {"batch": _write(cells[:SHOWN], 4, folder / "batch.png")}


def draw_cases(fabric: Fabric, network: nn.Module, held: Cache, folder: Path) -> dict[str, Path]:
    """``{"worst", "best"}``: six development films each, by Dice; reference outlined, prediction thin and white.

    Empty without a film that has a finding.
    """
    dice = np.array(look(fabric, network, held).cases)
    order = np.argsort(dice, kind="stable")[: int(np.isfinite(dice).sum())]
    if not len(order):
        return {}
    drawn: dict[str, Path] = {}
    for name, rows in (("worst", order[:CASES]), ("best", order[::-1][:CASES])):
        cells = [_case(held, row, _said(fabric, network, held.films[row]), float(dice[row])) for row in rows]
        drawn[name] = _write(cells, 3, folder / f"{name}.png")
    return drawn


def _said(fabric: Fabric, network: nn.Module, film: Bytes) -> NDArray[np.bool_]:
    """The masks (F, S, S) that a network draws on one film."""
    ((_, masks, _),) = answers(fabric, network, np.array(film[None]))
    return (masks[0].sigmoid() >= 0.5).cpu().numpy()


def _case(held: Cache, row: int, said: NDArray[np.bool_], dice: float) -> Bytes:
    cell = _cell(np.array(held.films[row]), unpack(np.array(held.masks[row]), held.findings), said)
    cv2.putText(cell, f"Dice {dice:.2f}", (6, CELL - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.45, WHITE, 1, cv2.LINE_AA)
    return cell


def _cell(film: Bytes, masks: NDArray[np.bool_], said: NDArray[np.bool_] | tuple[()]) -> Bytes:
    """A film (S, S) in grey, enlarged, with the outlines of ``masks`` in their colours and of ``said`` in white."""
    cell = cv2.cvtColor(cv2.resize(film, (CELL, CELL), interpolation=cv2.INTER_AREA), cv2.COLOR_GRAY2BGR)
    for mask, colour in zip(masks, COLOURS, strict=False):
        cv2.drawContours(cell, _outline(mask), -1, colour, 2, cv2.LINE_AA)
    for mask in said:
        cv2.drawContours(cell, _outline(mask), -1, WHITE, 1, cv2.LINE_AA)
    return cell  # type: ignore[return-value]


def _outline(mask: NDArray[np.bool_]) -> list[NDArray[np.int32]]:
    big = cv2.resize(mask.astype(np.uint8), (CELL, CELL), interpolation=cv2.INTER_NEAREST)
    contours, _ = cv2.findContours(big, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return list(contours)  # type: ignore[arg-type]


def _write(cells: list[Bytes], columns: int, path: Path) -> Path:
    rows = -(-len(cells) // columns)
    sheet = np.full((rows * (CELL + 4) - 4, columns * (CELL + 4) - 4, 3), 10, np.uint8)
    for number, cell in enumerate(cells):
        top, left = number // columns * (CELL + 4), number % columns * (CELL + 4)
        sheet[top : top + CELL, left : left + CELL] = cell
    _, data = cv2.imencode(".png", sheet)
    path.write_bytes(data.tobytes())
    return path
