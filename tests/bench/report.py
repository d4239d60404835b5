"""One line per figure: what was measured, the bar, whether it holds, and what it stands beside."""

import json
import operator
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_HOLDS = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value beside its bar; `how` is how the value must stand to the bar.

    `beside` says in words what was measured in the same run: the limit's own rate, the parts of a
    ratio, the size.
    """

    name: str
    value: float
    bar: float
    how: str
    beside: str = ""

    @property
    def holds(self) -> bool:
        return bool(_HOLDS[self.how](self.value, self.bar))

    @property
    def verdict(self) -> str:
        return "holds" if self.holds else "DOES NOT HOLD"

    def __str__(self) -> str:
        beside = f"  ({self.beside})" if self.beside else ""
        return (
            f"{self.name:<66} {self.value:>10.3f}  {self.how} {self.bar:<8g} {self.verdict}{beside}"
        )

    def as_json(self) -> str:
        return json.dumps(asdict(self))


def write_results(folder: Path, figures: Sequence[Figure], *, machine: str) -> None:
    """Write `results.json` and `results.md` into `folder`, over those of the last run."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [asdict(figure) | {"holds": figure.holds} for figure in figures]
    told = json.dumps({"machine": machine, "figures": rows}, indent=1, ensure_ascii=False)
    (folder / "results.json").write_text(told + "\n")
    (folder / "results.md").write_text(_markdown(figures, machine))


def _markdown(figures: Sequence[Figure], machine: str) -> str:
    lines = [machine, "", "| Figure | Value | Bar | | Beside |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {figure.name} | {figure.value:.3f} | {figure.how} {figure.bar:g} "
        f"| {figure.verdict} | {figure.beside} |"
        for figure in figures
    ]
    return "\n".join(lines) + "\n"
