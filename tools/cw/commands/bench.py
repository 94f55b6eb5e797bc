"""`./cw bench`: measures in the guest, and shows each figure beside its target. On Linux: tools/cw/native."""

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from cw import builder, figures, guest, options, packages, paths, qemu, symbolize, system
from cw.failure import Failure
from cw.host import LINUX, RISCV64
from cw.machine import Machine
from cw.native import command as native
from cw.progress import Progress
from cw.steps import run_step

HELP = "measure: instruction counts of every path, wake-ups per call"
DETAILS = """\
Boots once under `-icount`, where instruction counts are exact and the same in every run, and once on two harts for
wake-ups per 1,000 calls. Figures, targets and what other systems need are in tools/bench.toml.

--json writes {"machine": {..}, "figures": [{"name", "unit", "min", "median", "n"}, ..]}.
--twice measures twice and fails if an instruction count differs.

With --host=linux, nanoseconds instead, as ratios to peers that are measured in the same rounds: Boost.Lockfree,
readerwriterqueue, concurrentqueue, iceoryx, io_uring, LTTng-UST, and what Linux has. Their packages are installed on
the way. Figures, partners and targets are in tools/bench-linux.toml; docs/bench-linux.md says how to read them. Each
figure in the JSON then has "quartiles" too, and where it has a partner, "ratio_to", "ratio", "ratio_quartiles" and
"ratio_of_min"; where that has a target, "at_most" and "met". "also" holds its other comparisons.
--plot also sweeps payload, depth and changes of rates, and writes ratios.svg, payload.svg, depth.svg and shaper.svg
to DIR.

exit status: 1 if a figure is missing, doubled or malformed. A figure over its target is marked, and is no failure.
"""

PLAN = paths.TOOLS / "bench.toml"
SILENCE_SECONDS = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    parser.add_argument("--twice", action="store_true", help="check that exact counts repeat")
    options.add_host(parser)
    group = parser.add_argument_group("with --host=linux")
    group.add_argument("--plot", type=Path, metavar="DIR", help="also sweep, and write pictures to DIR")
    group.add_argument("--quick", action="store_true", help=f"{native.QUICK_ROUNDS} rounds instead of {native.ROUNDS}")
    options.add_build(parser)


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    if parsed.host == LINUX.name:
        return _native(parsed)
    if parsed.plot or parsed.quick:
        raise Failure("--plot and --quick go with --host=linux", status=2)
    packages.ensure("run")
    if parsed.build:
        builder.build_system(RISCV64, parsed.jobs)
    builder.require_system(RISCV64)
    boots, targets = figures.load_plan(PLAN)
    groups = [_measure(boot) for boot in boots]
    measured = figures.merge(groups)
    if parsed.twice:
        _compare(boots, groups)
    print(figures.render(measured, targets))
    if parsed.json:
        document = {"machine": describe_machine(boots), "figures": [figure.as_json() for figure in measured]}
        parsed.json.write_text(json.dumps(document, indent=2) + "\n")
    if absent := figures.missing(measured, targets):
        raise Failure(f"not measured: {', '.join(absent)}")
    if exceeded := figures.over(measured, targets):
        print(f"cw: over their targets: {', '.join(exceeded)}", file=sys.stderr)
    return 0


def _native(parsed: argparse.Namespace) -> int:
    if parsed.twice:
        raise Failure("--twice: only instruction counts repeat exactly; leave it out with --host=linux", status=2)
    rounds = native.QUICK_ROUNDS if parsed.quick else native.ROUNDS
    return native.run(native.Wishes(parsed.json, parsed.plot, rounds, parsed.build, parsed.jobs))


def _measure(boot: figures.Boot) -> list[figures.Figure]:
    entries = [*system.base_modules(RISCV64), system.script([boot.script])]
    counts = paths.BUILD / "bench" / "counts.txt"
    extra = ("-plugin", f"{_counter()},out={counts}") if boot.counted else ()
    hung = False
    with system.packed("bench", entries, keep=lambda: hung) as archive:
        argv = RISCV64.command(Machine(boot.harts, icount=boot.icount, extra=extra), archive.path)
        with Progress(f"running `{boot.script}`") as progress:
            outcome = guest.run(
                argv,
                guest.Limits(silence_seconds=SILENCE_SECONDS),
                annotate=symbolize.Symbolizer(RISCV64).annotate,
                on_idle=progress.tick,
            )
        if outcome.hang:
            hung = True
            raise Failure(guest.describe_hang(outcome, archive.reproduce(argv)), status=outcome.status)
    if outcome.status != 0:
        raise Failure(f"`{boot.script}` ended with status {outcome.status}\n{outcome.tail()}")
    counted = figures.counted(boot.counted, counts.read_text()) if boot.counted else []
    return figures.parse(outcome.lines) + counted


def _counter() -> Path:
    """The plugin, compiled if its source is newer."""
    source, target = paths.TOOLS / "bench" / "count.c", paths.BUILD / "bench" / "count.so"
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        command = ["clang-19", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-fvisibility=hidden"]
        run_step("compiling the counter", [*command, str(source), "-o", str(target)], "bench-count")
    return target


def _compare(boots: list[figures.Boot], groups: list[list[figures.Figure]]) -> None:
    for boot, before in zip(boots, groups):
        if not boot.icount:
            continue  # Only exact counts repeat.
        after = {figure.name: figure for figure in _measure(boot)}
        differing = [
            f"{figure.name}: {figure} then {after.get(figure.name)}"
            for figure in before
            if after.get(figure.name) != figure
        ]
        if differing:
            raise Failure("two runs of the same differ:\n  " + "\n  ".join(differing))


def describe_machine(boots: list[figures.Boot]) -> dict[str, Any]:
    """What the figures were measured on: part of the result, for without it they cannot be compared."""
    return {
        "qemu": _first_line([qemu.program(), "--version"]),
        "cpu": "rv64 (QEMU TCG, machine virt, aclint)",
        "harts": [boot.harts for boot in boots],
        "icount": ["shift=0,sleep=off" if boot.icount else "off" for boot in boots],
        "compiler": _first_line(["clang-19", "--version"]),
        "host": platform.machine(),
    }


def _first_line(command: list[str]) -> str:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return (answer.stdout.splitlines() or ["unknown"])[0]
