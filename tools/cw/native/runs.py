"""The rounds: everything is measured once, in turns, then again. What disturbs the machine for a while so disturbs one
round of all figures, not all rounds of one.
"""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cw import figures, guest, system
from cw.failure import Failure
from cw.figures import Figure
from cw.host import LINUX
from cw.machine import Machine
from cw.native.plan import Plan, Programme
from cw.native.ratios import Rounds
from cw.progress import Progress

CPUS = (0, 1)  # Where Causeway's bench runs, hart 1, and its callees, hart 2.
SECONDS = 30.0  # For one run, which takes less than one undisturbed.
ABSENT_STATUS = 77  # A programme says: not on this machine.
SWEEP = "sweep."


@dataclass(frozen=True)
class Job:
    """One run of something that prints figures."""

    label: str
    run: Callable[[], list[Figure]]
    beside: bool = False


@dataclass
class Measured:
    """What came out of all rounds."""

    rounds: Rounds = field(default_factory=Rounds)
    absent: dict[str, str] = field(default_factory=dict)  # What could not be measured, and why.
    late: dict[str, int] = field(default_factory=dict)  # In how many rounds it took too long to count.


class Absent(Exception):
    """This machine does not have it."""


class Late(Exception):
    """It took too long: spinning pairs do where others want the processors."""


def jobs_of(plan: Plan, folder: Path, sweeps: bool, absent: dict[str, str]) -> list[Job]:
    """All there is to run. A programme that was not built is noted in `absent`."""
    jobs = [_boot(script) for script in (*plan.scripts, *(["bench sweep"] if sweeps else []))]
    for programme in plan.programmes:
        path = folder / programme.name
        if not path.exists():
            absent[programme.peer or programme.name] = "its package is not installed, so nothing was built"
            continue
        for name in _names(path):
            if sweeps or not name.startswith(SWEEP):
                jobs.append(_job(path, programme, name))
    return jobs


def measure(jobs: list[Job], count: int, measured: Measured) -> None:
    """Runs every job `count` times, in turns. A job that cannot be run here is noted, and left out from then on."""
    beside = [job for job in jobs if job.beside]
    others = [job for job in jobs if not job.beside]
    begin = time.monotonic()
    with Progress(f"measuring {len(jobs)} things in {count} rounds") as progress:
        for number in range(count):
            # Another one begins each time, so that nobody always runs behind the same neighbour.
            turn = number * len(others) // count
            middle = len(others) // 2
            turns = [*others[turn:], *others[:turn]]
            for job in [*beside, *turns[:middle], *beside, *turns[middle:], *beside]:
                left = (time.monotonic() - begin) / number * (count - number) if number else None
                ahead = f", about {left:.0f} s to go" if left is not None else ""
                progress.tick(f"round {number + 1}{ahead}: {job.label}")
                if job.label in measured.absent:
                    continue
                try:
                    measured.rounds.add(number, job.run())
                except Absent as why:
                    measured.absent[job.label] = str(why)
                except Late:
                    measured.late[job.label] = measured.late.get(job.label, 0) + 1


def _boot(script: str) -> Job:
    def run() -> list[Figure]:
        entries = [*system.base_modules(LINUX), system.script([script])]
        kept = False
        with system.packed("bench-linux", entries, keep=lambda: kept) as archive:
            argv = LINUX.command(Machine(), archive.path)
            outcome = guest.run(argv, guest.Limits(silence_seconds=SECONDS))
            kept = bool(outcome.hang)
            if outcome.hang:
                raise Failure(guest.describe_hang(outcome, archive.reproduce(argv)), status=outcome.status)
        if outcome.status != 0:
            raise Failure(f"`{script}` ended with status {outcome.status}\n{outcome.tail()}")
        return figures.parse(outcome.lines)

    return Job(f"Causeway, `{script}`", run)


def _names(path: Path) -> list[str]:
    return _ask([str(path), "--list"]).split()


def _job(path: Path, programme: Programme, name: str) -> Job:
    argv = [str(path), name, "--cpus", f"{CPUS[0]},{CPUS[1]}"]
    return Job(name, lambda: figures.parse(_ask(argv).splitlines()), programme.beside)


def _ask(argv: list[str]) -> str:
    try:
        answer = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise Late from error
    if answer.returncode == ABSENT_STATUS:
        raise Absent(answer.stderr.strip())
    if answer.returncode != 0:
        raise Failure(f"`{' '.join(argv)}` ended with status {answer.returncode}\n{answer.stderr.strip()}")
    return answer.stdout
