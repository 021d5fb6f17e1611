"""A number and what it should be, as every benchmark prints it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A number and what it should be: at least the target, or (``least`` false) at most."""

    name: str
    value: float
    target: float
    least: bool = True

    @property
    def met(self) -> bool:
        return self.value >= self.target if self.least else self.value <= self.target

    def line(self) -> str:
        """``goal NAME VALUE (≥ TARGET) met``."""
        sign = "≥" if self.least else "≤"
        return f"goal {self.name} {self.value:.3g} ({sign} {self.target:g}) {'met' if self.met else 'missed'}"
