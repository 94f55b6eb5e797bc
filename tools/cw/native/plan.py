"""What is measured on Linux and what it is held against: tools/bench-linux.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cw.failure import Failure


@dataclass(frozen=True)
class Programme:
    """One programme of bench/. `peer` is what it measures, if that is not Causeway."""

    name: str
    peer: str = ""
    beside: bool = False  # Measured before and after everything else of a round too.


@dataclass(frozen=True)
class Comparison:
    """A row of the table. A figure may be in several, with another partner each."""

    name: str
    shows: str
    ratio_to: str = ""
    at_most: float | None = None  # For the ratio;
    at_most_far: float | None = None  # replaces it where the processors are far from each other;
    at_most_value: float | None = None  # for the figure itself, in the table's unit.

    def limit(self, far: bool) -> float | None:
        """The target of the ratio."""
        return self.at_most_far if far and self.at_most_far is not None else self.at_most


@dataclass(frozen=True)
class Plan:
    """All of it."""

    far_ns: float
    scripts: tuple[str, ...]  # Of Causeway's shell, one boot a round each.
    programmes: tuple[Programme, ...]
    comparisons: tuple[Comparison, ...]

    def names(self) -> set[str]:
        """Figures that others will look for."""
        return {row.name for row in self.comparisons}


def load(path: Path) -> Plan:
    """Reads the plan, and refuses one in which a partner is not a figure."""
    text: dict[str, Any] = tomllib.loads(path.read_text())
    plan = Plan(
        far_ns=text["far_ns"],
        scripts=tuple(boot["script"] for boot in text["causeway"]),
        programmes=tuple(Programme(**programme) for programme in text["programme"]),
        comparisons=tuple(Comparison(**figure) for figure in text["figure"]),
    )
    names = plan.names()
    for row in plan.comparisons:
        if row.ratio_to and row.ratio_to not in names:
            raise Failure(f"{path.name}: {row.name} is compared with {row.ratio_to}, which is no figure")
    return plan
