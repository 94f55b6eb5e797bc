"""`./cw guest-test`: runs one system test on what is built; ctest calls it once per scenario and hart count."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from cw import builder, console, directories, guest, paths, scenario, symbolize, system, verdict
from cw.failure import Failure
from cw.host import HOSTS, SANITIZED
from cw.machine import Machine

HELP = "run one system test (NAME.toml in tests/system/ or modules/*/tests/)"
DETAILS = """\
Boots what is built (see ./cw build), runs the scenario and compares the console with what it expects. The console is
kept in build/log/. `./cw test -p riscv64 -R system.NAME` and `./cw test -p linux -R linux.NAME` build first.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("scenario", metavar="NAME", help="a scenario's name, or the path of its file")
    parser.add_argument("--host", choices=[*HOSTS, *SANITIZED], help="where (default: the scenario's first)")
    parser.add_argument("--harts", type=int, metavar="N", help="hart count on riscv64 (default: the scenario's first)")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the console as it comes")


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    path = Path(parsed.scenario)
    test = scenario.load(path) if path.suffix == ".toml" else scenario.by_name(paths.ROOT, parsed.scenario)
    chosen = choose(test, parsed.host, parsed.harts)
    builder.require_system(chosen.host)
    return run(test, chosen, verbose=parsed.verbose)


def choose(test: scenario.Scenario, host: str | None, harts: int | None) -> scenario.Run:
    """The run that the options name."""
    first = next((run for run in test.runs() if host in (None, run.host.name)), None)
    if first is None:
        raise Failure(f"{paths.shown(test.path)} does not run on {host}; ./cw list-scenarios shows what does", status=2)
    if harts is None:
        return first
    first.host.check(Machine(harts))
    return scenario.Run(first.host, harts)


def run(test: scenario.Scenario, where: scenario.Run, *, verbose: bool = False) -> int:
    """Boots and judges one scenario; prints why it failed."""
    name = test.test_name(where)
    host = where.host
    entries = system.base_modules(host) + system.find_modules(host, test.modules) + list(test.files)
    if test.commands is not None:
        commands = [test.expand(command, where) for command in test.commands]
        entries.append(system.script(commands, power_off=test.power_off))
    failed = True
    with (
        system.packed(name, entries, keep=lambda: failed) as archive,
        directories.made(test.directories) as made,
    ):
        machine = replace(test.machine(where), directories=made.granted)
        argv = host.command(machine, archive.path)
        outcome = guest.run(
            argv,
            test.limits,
            annotate=symbolize.Symbolizer(host).annotate,
            on_line=print if verbose else lambda line: None,
            typed=test.typed,
        )
        wrong = judge(test, where, outcome) + made.problems()
        failed = bool(wrong)
    log = paths.LOGS / f"{name}.txt"
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    log.write_text("\n".join(outcome.lines) + "\n")
    if not failed:
        print(f"{name}: passed in {outcome.seconds:.1f} s: {test.summary}")
        return 0
    print(f"{name}: FAILED: {test.summary}")
    print("\n".join(wrong))
    print(f"console: {paths.shown(log)}")
    print(f"again:   ./cw guest-test {paths.shown(test.path)} {' '.join(where.options)} -v")
    print(f"by hand: {archive.reproduce(argv)}")
    sys.stdout.flush()
    return 1


def judge(test: scenario.Scenario, where: scenario.Run, outcome: guest.Outcome) -> list[str]:
    """Everything that is wrong with this outcome."""
    lines = console.without_banner(outcome.lines)
    expect = test.patterns(test.expect, where)
    forbid = test.patterns(test.forbid, where)
    wrong = verdict.problems(lines, expect, forbid)
    shown = bool(wrong) and len(lines) <= guest.TAIL_LINES  # The excerpt of a short console is all of it.
    if outcome.hang:
        wrong.insert(0, f"the system hung and was stopped: {outcome.hang}")
    elif outcome.status != test.exit_status:
        wrong.insert(0, f"exit status {outcome.status}, expected {test.exit_status}")
    if wrong and not shown:
        wrong.append(f"--- last lines of the console ---\n{outcome.tail()}\n--- end ---")
    return wrong
