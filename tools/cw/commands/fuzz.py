"""`./cw fuzz`: runs the fuzzers from the corpora in the tree, and keeps what they find."""

import argparse
import os
import select
import shlex
import subprocess
import sys
import time

from cw import builder, fuzzing, options, packages, paths
from cw.failure import Failure
from cw.fuzzing import TARGETS, Target
from cw.progress import Progress
from cw.steps import run_step

HELP = "fuzz the loader and message validation"
DETAILS = "\n".join(
    [
        "targets (default: all, one after the other):",
        *(f"  {target.name.ljust(8)} {target.shows}" for target in TARGETS.values()),
        "",
        "Each begins with its corpus, tests/corpora/TARGET, which every test run goes through too (corpus.TARGET). New inputs",
        "are kept in build/fuzz/TARGET, also for the next time. A finding ends the run and is written to build/fuzz/findings;",
        "fixed, it goes into the corpus.",
        "",
        "  ./cw fuzz message --minutes 30 --jobs 2   for half an hour on two processors",
        "  ./cw fuzz message --merge                 adds those new inputs to the corpus that reach further",
        "",
        "exit status: 1 if something was found.",
    ]
)

TAIL_LINES = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("target", nargs="?", metavar="TARGET", help=f"one of {', '.join(TARGETS)}")
    parser.add_argument("--minutes", type=float, default=5, metavar="N", help="how long each runs (default 5)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="fuzzers at once (default 1)")
    parser.add_argument("--merge", action="store_true", help="run none, add new inputs to the corpus in the tree")
    options.add_no_build(parser)


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    if parsed.target is not None and parsed.target not in TARGETS:
        raise Failure(f"there is no fuzzer `{parsed.target}`; there are {', '.join(TARGETS)}", status=2)
    if parsed.minutes <= 0:
        raise Failure("--minutes: more than none, please", status=2)
    if parsed.jobs < 1:
        raise Failure("--jobs: at least one, please", status=2)
    targets = [TARGETS[parsed.target]] if parsed.target else list(TARGETS.values())
    if parsed.build:
        packages.ensure("fuzz")
        for target in targets:
            builder.build(fuzzing.PRESET, target=target.build_target)
    for target in targets:
        if not target.program.exists():
            raise Failure(f"there is no {paths.shown(target.program)}; leave --no-build out")
        if parsed.merge:
            _merge(target)
        else:
            _fuzz(target, max(1, round(60 * parsed.minutes)), parsed.jobs)
    return 0


class _Running:
    """A fuzzer at work, and what it has said."""

    def __init__(self, target: Target, seconds: int) -> None:
        command = target.command(seconds)
        self.process = subprocess.Popen(
            command, cwd=paths.ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert self.process.stdout is not None
        self.output = self.process.stdout.fileno()
        self.lines: list[str] = []
        self.progress = fuzzing.Progress()
        self._rest = b""

    def read(self) -> bool:
        """Takes in what is there; false at the end."""
        data = os.read(self.output, 1 << 16)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace")
            self.progress.read(text)
            self.lines.append(text)
        del self.lines[: -10 * TAIL_LINES]
        return bool(data)


def _fuzz(target: Target, seconds: int, jobs: int) -> None:
    for folder in (target.found, fuzzing.FINDINGS):
        folder.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    before = len(list(target.found.iterdir()))
    running: list[_Running] = []
    try:
        running += [_Running(target, seconds) for _ in range(jobs)]
        _watch(target, running, begin + seconds)
    finally:
        for one in running:
            one.process.kill()
            one.process.wait()
    executions, coverage = _sums(running)
    spent = max(1, round(time.monotonic() - begin))
    new = len(list(target.found.iterdir())) - before
    print(f"{target.name}: {executions:,} executions in {spent} s, coverage {coverage}, {new} new inputs, nothing found")


def _sums(running: list[_Running]) -> tuple[int, int]:
    return sum(one.progress.executions for one in running), max(one.progress.coverage for one in running)


def _watch(target: Target, running: list[_Running], end: float) -> None:
    """Until all have ended by themselves."""
    left = list(running)
    with Progress(f"fuzzing {target.name}") as progress:
        while left:
            ready = select.select([one.output for one in left], [], [], 0.5)[0]
            for one in [one for one in left if one.output in ready]:
                if one.read():
                    continue
                left.remove(one)
                if one.process.wait() != 0:
                    raise Failure(_finding(target, one))
            executions, coverage = _sums(running)
            seconds = max(0, round(end - time.monotonic()))
            progress.tick(f"{executions:,} executions, coverage {coverage}, {seconds} s left")


def _finding(target: Target, one: _Running) -> str:
    said = "\n".join(one.lines[-TAIL_LINES:])
    artifact = fuzzing.artifact_of(one.lines)
    if artifact is None:
        return f"{said}\n{target.build_target} ended with status {one.process.returncode} and left no input"
    again = shlex.join([paths.shown(target.program), artifact.removeprefix(f"{paths.ROOT}/")])
    return f"{said}\n{target.name}: found something; to reproduce: {again}"


def _merge(target: Target) -> None:
    if not target.found.is_dir():
        raise Failure(f"there is no {paths.shown(target.found)}; run ./cw fuzz {target.name} first")
    before = {path.name for path in target.corpus.iterdir()}
    run_step(f"merging {target.name}", target.merge_command(), f"merge-{target.name}")
    files = list(target.corpus.iterdir())
    size = sum(path.stat().st_size for path in files)
    added = len({path.name for path in files} - before)
    print(f"{target.name}: {added} inputs added to {paths.shown(target.corpus)}, now {len(files)} with {size:,} bytes")
    if len(files) > fuzzing.MOST_FILES or size > fuzzing.MOST_BYTES:
        limits = f"{fuzzing.MOST_FILES} files, {fuzzing.MOST_BYTES:,} bytes"
        print(f"cw: more than the corpus is held to ({limits}): take some out again", file=sys.stderr)
