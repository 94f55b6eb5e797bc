"""What a person reads after the rounds, and what the figures were measured on."""

import os
import platform
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cw import table
from cw.native.plan import Plan
from cw.native.ratios import Rounds, Spread, Verdict


def describe_machine(rounds: int, cpus: Sequence[int], load: Sequence[float]) -> dict[str, Any]:
    """Part of the result: without it the figures cannot be compared. `load` is before and after, a minute's average."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return {
        "cpu": model[1] if model else platform.machine(),
        "virtual": " hypervisor" in text,
        "processors": os.sysconf("SC_NPROCESSORS_ONLN"),
        "pinned": list(cpus),
        "kernel": platform.release(),
        "compiler": _first_line(["clang-19", "--version"]),
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "rounds": rounds,
        "load": [round(average, 2) for average in load],
    }


def headline(machine: dict[str, Any]) -> str:
    """One line of it."""
    kind = "virtual machine" if machine["virtual"] else "machine"
    before, after = machine["load"][0], machine["load"][-1]
    return (
        f"{machine['cpu']}, {machine['processors']} processors, {kind}, Linux {machine['kernel']}, {machine['date']},"
        f" {machine['rounds']} rounds, load {before} to {after}"
    )


def describe_floor(plan: Plan, rounds: Rounds) -> str:
    """Where the two processors lie, as far as a cache line can tell."""
    floor = rounds.floor_ns()
    if floor is None:
        return "cacheline.pingpong was not measured: nobody can say where the two processors lie"
    near = "far from each other" if floor > plan.far_ns else "near each other"
    by_round = [value / 1000 for value in rounds.series["cacheline.pingpong"].by_round().values()]
    return (
        f"A cache line needs {floor:.0f} ns there and back ({min(by_round):.0f} to {max(by_round):.0f} in the rounds):"
        f" the two processors are {near}."
    )


def render(verdicts: Sequence[Verdict], units: Mapping[str, str]) -> str:
    """The table."""
    rows = []
    for verdict in verdicts:
        row = verdict.comparison
        in_ns = units.get(row.name, "ps") == "ps"
        value, spread = ("-", "") if verdict.value is None else _texts(verdict.value, 1000 if in_ns else 1)
        ratio, ratios = ("", "") if verdict.ratio is None else _texts(verdict.ratio, 1)
        least = "" if verdict.least is None else _short(verdict.least)
        limit = "" if verdict.limit is None else f"{verdict.limit:g}"
        rows.append((row.name, value, spread, row.ratio_to, ratio, ratios, least, limit, verdict.text, row.shows))
    head = ("figure", "ns", "quartiles", "as ratio to", "ratio", "quartiles", "of least", "at most", "", "what")
    return table.render(head, rows)


def _texts(spread: Spread, divisor: float) -> tuple[str, str]:
    low, median, high = (_short(number / divisor) for number in (spread.low, spread.median, spread.high))
    return median, f"{low}-{high}"


def _short(number: float) -> str:
    """Three digits that mean something."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def _first_line(command: list[str]) -> str:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return (answer.stdout.splitlines() or ["unknown"])[0]
