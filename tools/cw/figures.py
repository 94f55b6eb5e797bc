"""Measured figures: read from the guest's lines `@figure name=.. unit=.. min=N median=N n=N`, held against targets."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cw import table
from cw.failure import Failure

_NUMBER = r"\d+(?:\.\d+)?"
_FIGURE = re.compile(
    rf"@figure name=(?P<name>[A-Za-z0-9_.-]+) unit=(?P<unit>\S+) min=(?P<min>{_NUMBER}) median=(?P<median>{_NUMBER})"
    r" n=(?P<n>\d+)"
)


@dataclass(frozen=True)
class Figure:
    """One measured quantity: the least and the middle of `n` repeats."""

    name: str
    unit: str
    min: float
    median: float
    n: int

    def as_json(self) -> dict[str, Any]:
        """The form others read."""
        return asdict(self)


@dataclass(frozen=True)
class Target:
    """What a figure is called, what it shows, and what it is to be at most."""

    name: str
    shows: str
    at_most: float | None = None
    others: str = ""


@dataclass(frozen=True)
class Boot:
    """One boot of the benchmark."""

    script: str
    harts: int
    icount: bool
    counted: str = ""  # Figure that tools/bench/count.c counts, between the guest's markers.


def load_plan(path: Path) -> tuple[list[Boot], list[Target]]:
    """The boots and targets of tools/bench.toml."""
    plan = tomllib.loads(path.read_text())
    return [Boot(**boot) for boot in plan["boot"]], [Target(**figure) for figure in plan["figure"]]


def parse(lines: Iterable[str]) -> list[Figure]:
    """The figures among the console's lines. A line that is damaged is an error: it would be a figure lost."""
    figures = []
    for line in lines:
        if not line.startswith("@figure"):
            continue
        match = _FIGURE.fullmatch(line.strip())
        if match is None:
            raise Failure(f"malformed figure from the guest: {line}")
        figure = Figure(match["name"], match["unit"], _number(match["min"]), _number(match["median"]), int(match["n"]))
        if figure.n == 0 or figure.min > figure.median:
            raise Failure(f"impossible figure from the guest: {line}")
        figures.append(figure)
    return figures


def counted(name: str, text: str) -> list[Figure]:
    """The figure of numbers that were counted, one a line."""
    numbers = sorted(int(line) for line in text.split())
    if not numbers:
        raise Failure(f"{name}: nothing was counted; did the guest reach its markers?")
    return [Figure(name, "instructions", numbers[0], numbers[len(numbers) // 2], len(numbers))]


def merge(groups: Iterable[Sequence[Figure]]) -> list[Figure]:
    """All figures of all boots; each name may come once."""
    merged: dict[str, Figure] = {}
    for figure in (figure for group in groups for figure in group):
        if figure.name in merged:
            raise Failure(f"the figure {figure.name} was measured twice")
        merged[figure.name] = figure
    return list(merged.values())


def missing(figures: Sequence[Figure], targets: Sequence[Target]) -> list[str]:
    """Names that others will look for and not find."""
    have = {figure.name for figure in figures}
    return [target.name for target in targets if target.name not in have]


def over(figures: Sequence[Figure], targets: Sequence[Target]) -> list[str]:
    """Names of figures above their targets."""
    limits = {target.name: target.at_most for target in targets if target.at_most is not None}
    return [figure.name for figure in figures if figure.name in limits and figure.median > limits[figure.name]]


def render(figures: Sequence[Figure], targets: Sequence[Target]) -> str:
    """The table a person reads: the figures with targets in their order, then the others."""
    known = {target.name: target for target in targets}
    measured = {figure.name: figure for figure in figures}
    names = [name for name in known if name in measured] + [name for name in measured if name not in known]
    rows = []
    for name in names:
        figure, target = measured[name], known.get(name, Target(name, ""))
        limit = "" if target.at_most is None else f"{target.at_most:g}"
        verdict = "" if target.at_most is None else ("ok" if figure.median <= target.at_most else "OVER")
        numbers = (f"{figure.min:g}", f"{figure.median:g}", str(figure.n))
        rows.append((name, figure.unit, *numbers, limit, verdict, target.shows, target.others))
    head = ("figure", "unit", "min", "median", "n", "at most", "", "what", "others")
    return table.render(head, rows)


def _number(text: str) -> float:
    return float(text) if "." in text else int(text)
