"""Figures of many rounds: their spread, and their ratios to their partners of the same round.

A ratio is taken within each round and only then over the rounds: what disturbs a round disturbs both of its sides.
"""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cw.figures import Figure
from cw.native.plan import Comparison, Plan

FLOOR = "cacheline.pingpong"


@dataclass(frozen=True)
class Spread:
    """The middle of some numbers, and the range that holds the middle half of them."""

    low: float
    median: float
    high: float

    @staticmethod
    def of(numbers: Sequence[float]) -> "Spread":
        """Requires: at least one."""
        if len(numbers) == 1:
            return Spread(numbers[0], numbers[0], numbers[0])
        low, median, high = statistics.quantiles(numbers, n=4, method="inclusive")
        return Spread(low, median, high)


@dataclass
class Series:
    """One figure, in every round in which it was measured."""

    name: str
    unit: str
    least: float = float("inf")
    rounds: dict[int, list[float]] = field(default_factory=dict)

    def add(self, number: int, figure: Figure) -> None:
        """Of one short run: its middle counts."""
        self.least = min(self.least, figure.min)
        self.rounds.setdefault(number, []).append(figure.median)

    def by_round(self) -> dict[int, float]:
        """One number a round, also where it was measured several times in it."""
        return {number: statistics.median(values) for number, values in self.rounds.items()}

    def spread(self) -> Spread:
        """Over the rounds."""
        return Spread.of(list(self.by_round().values()))


class Rounds:
    """Everything that was measured."""

    def __init__(self) -> None:
        self.series: dict[str, Series] = {}

    def add(self, number: int, measured: Iterable[Figure]) -> None:
        """Takes what one run printed in round `number`."""
        for figure in measured:
            self.series.setdefault(figure.name, Series(figure.name, figure.unit)).add(number, figure)

    def ratio(self, name: str, partner: str) -> Spread | None:
        """None if one of them is missing, or they were never measured in the same round."""
        if name not in self.series or partner not in self.series:
            return None
        above, below = self.series[name].by_round(), self.series[partner].by_round()
        ratios = [above[number] / below[number] for number in above if below.get(number)]
        return Spread.of(ratios) if ratios else None

    def ratio_of_least(self, name: str, partner: str) -> float | None:
        """Of the least that was seen of each: what is left when the machine is busy with other things."""
        if name not in self.series or partner not in self.series or not self.series[partner].least:
            return None
        return self.series[name].least / self.series[partner].least

    def floor_ns(self) -> float | None:
        """What a line needs from one processor to the other and back."""
        return self.series[FLOOR].spread().median / 1000 if FLOOR in self.series else None


@dataclass(frozen=True)
class Verdict:
    """One comparison, as it came out. `met` is None where there is no target, or nothing to hold against it."""

    comparison: Comparison
    value: Spread | None
    ratio: Spread | None
    least: float | None  # The ratio of the least of both.
    limit: float | None
    met: bool | None

    @property
    def text(self) -> str:
        """For the table."""
        if self.met is not None:
            return "ok" if self.met else "MISSED"
        return "absent" if self.value is None or (self.comparison.ratio_to and self.ratio is None) else ""


def judge(plan: Plan, rounds: Rounds) -> list[Verdict]:
    """Every comparison of the plan, in its order."""
    floor = rounds.floor_ns()
    far = floor is not None and floor > plan.far_ns
    verdicts = []
    for row in plan.comparisons:
        series = rounds.series.get(row.name)
        value = series.spread() if series else None
        ratio = rounds.ratio(row.name, row.ratio_to) if row.ratio_to else None
        least = rounds.ratio_of_least(row.name, row.ratio_to) if row.ratio_to else None
        limit = row.limit(far)
        met: bool | None = None
        if limit is not None and ratio is not None:
            met = ratio.median <= limit
        if row.at_most_value is not None and series and value:
            limit = row.at_most_value
            met = value.median <= limit * (1000 if series.unit == "ps" else 1)
        verdicts.append(Verdict(row, value, ratio, least, limit, met))
    return verdicts


def as_json(rounds: Rounds, verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """The figures in the form of bare metal's, each with its partner; sweeps, which have none, behind them."""
    of_name: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        of_name.setdefault(verdict.comparison.name, []).append(verdict)
    documents = []
    for name in [*of_name, *(name for name in rounds.series if name not in of_name)]:
        if name not in rounds.series:
            continue
        series = rounds.series[name]
        spread = series.spread()
        document: dict[str, Any] = {
            "name": name,
            "unit": series.unit,
            "min": series.least,
            "median": spread.median,
            "n": len(series.rounds),
            "quartiles": [spread.low, spread.high],
        }
        compared = [_comparison(verdict) for verdict in of_name.get(name, [])]
        document |= compared[0] if compared else {}
        if compared[1:]:
            document["also"] = compared[1:]
        if to_floor := rounds.ratio(name, FLOOR):
            document["ratio_to_floor"] = round(to_floor.median, 4)
        documents.append(document)
    return documents


def _comparison(verdict: Verdict) -> dict[str, Any]:
    document: dict[str, Any] = {}
    row = verdict.comparison
    if row.ratio_to:
        document["ratio_to"] = row.ratio_to
        document["ratio"] = round(verdict.ratio.median, 4) if verdict.ratio else None
        if verdict.ratio:
            document["ratio_quartiles"] = [round(verdict.ratio.low, 4), round(verdict.ratio.high, 4)]
        if verdict.least is not None:
            document["ratio_of_min"] = round(verdict.least, 4)
    if verdict.limit is not None:
        document["at_most"] = verdict.limit
        document["met"] = verdict.met
    return document
