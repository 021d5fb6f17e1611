"""A number and what it should be, as every benchmark prints it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A number, None where nothing was measured, and what it should be: at least the target, or (``least`` false) at
    most; ``strict``: above, or below it."""

    name: str
    value: float | None
    target: float
    least: bool = True
    strict: bool = False

    @property
    def met(self) -> bool:
        """Whether the number is there and on the right side."""
        if self.value is None or (self.strict and self.value == self.target):
            return False
        return self.value >= self.target if self.least else self.value <= self.target

    def line(self) -> str:
        """``goal NAME VALUE (≥ TARGET) met``."""
        sign = (">" if self.least else "<") if self.strict else ("≥" if self.least else "≤")
        value = "n/a" if self.value is None else f"{self.value:.3g}"
        return f"goal {self.name} {value} ({sign} {self.target:g}) {'met' if self.met else 'missed'}"
