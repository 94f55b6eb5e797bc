"""The whole of `./cw bench --host=linux`."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from cw import builder, packages, paths
from cw.failure import Failure
from cw.host import LINUX
from cw.native import pictures, plan, ratios, report, runs

PLAN = paths.TOOLS / "bench-linux.toml"
ROUNDS, QUICK_ROUNDS = 11, 3


@dataclass(frozen=True)
class Wishes:
    """What the command line asks for."""

    json: Path | None
    plot: Path | None
    rounds: int
    build: bool
    jobs: int | None


def run(wishes: Wishes) -> int:
    """Builds, measures, and shows."""
    plan_of_tree = plan.load(PLAN)
    _require_processors()
    _require_places(wishes)
    if wishes.build:
        _install()
        builder.build_system(LINUX, wishes.jobs)
        builder.build(LINUX.name, wishes.jobs, target="bench_peers")
    builder.require_system(LINUX)
    measured = runs.Measured()
    load = [os.getloadavg()[0]]
    jobs = runs.jobs_of(plan_of_tree, LINUX.build / "bench", wishes.plot is not None, measured.absent)
    runs.measure(jobs, wishes.rounds, measured)
    load.append(os.getloadavg()[0])

    verdicts = ratios.judge(plan_of_tree, measured.rounds)
    machine = report.describe_machine(wishes.rounds, runs.CPUS, load)
    units = {name: series.unit for name, series in measured.rounds.series.items()}
    print(report.headline(machine))
    print(report.describe_floor(plan_of_tree, measured.rounds))
    print(f"\n{report.render(verdicts, units)}")
    for what, why in measured.absent.items():
        print(f"\nabsent: {what}: {why}")
    for what, count in measured.late.items():
        print(f"\nlate: {what}: no end after {runs.SECONDS:.0f} s in {count} of {wishes.rounds} rounds")
    if wishes.json:
        document = {
            "machine": machine,
            "figures": ratios.as_json(measured.rounds, verdicts),
            "absent": measured.absent,
            "late": measured.late,
        }
        wishes.json.write_text(json.dumps(document, indent=2) + "\n")
    if wishes.plot:
        for path in pictures.write(wishes.plot, report.headline(machine), measured.rounds, verdicts):
            print(f"picture: {paths.shown(path)}")
    if missed := [verdict.comparison for verdict in verdicts if verdict.met is False]:
        names = ", ".join(f"{row.name} / {row.ratio_to}" if row.ratio_to else row.name for row in missed)
        print(f"cw: over their targets: {names}", file=sys.stderr)
    if max(load) > 1:
        print(f"cw: the machine was busy with other things (load {max(load):.1f}): measure again", file=sys.stderr)
    return 0


def _require_processors() -> None:
    usable = os.sched_getaffinity(0)
    if not set(runs.CPUS) <= usable:
        wanted = " and ".join(map(str, runs.CPUS))
        raise Failure(f"the measurements need processors {wanted} of this machine; usable here: {usable}")


def _require_places(wishes: Wishes) -> None:
    """Told before the measurements rather than after."""
    try:
        if wishes.plot:
            wishes.plot.mkdir(parents=True, exist_ok=True)
        if wishes.json:
            wishes.json.touch()
    except OSError as error:
        raise Failure(f"cannot write there: {error.filename}: {error.strerror}") from error


def _install() -> None:
    """What is needed, then what may be had: a peer that cannot be installed is only absent."""
    packages.ensure("linux")
    try:
        packages.ensure("peers")
    except Failure as failure:
        print(f"cw: going on without some peers: {failure}", file=sys.stderr)
