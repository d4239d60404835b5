"""One line per figure: what was measured, the bar, and whether it holds."""

import operator
from dataclasses import dataclass

_HOLDS = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value beside its bar; `how` is how the value must stand to the bar."""

    name: str
    value: float
    bar: float
    how: str

    @property
    def holds(self) -> bool:
        return bool(_HOLDS[self.how](self.value, self.bar))

    def __str__(self) -> str:
        verdict = "holds" if self.holds else "DOES NOT HOLD"
        return f"{self.name:<58} {self.value:>12.3f}  {self.how} {self.bar:<10g} {verdict}"
