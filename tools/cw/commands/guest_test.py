"""`./cw guest-test`: runs one system test on what is built; ctest calls it once per scenario and hart count."""

import argparse
import sys
from pathlib import Path

from cw import builder, console, guest, paths, qemu, scenario, symbolize, system, verdict

HELP = "run one system test (NAME.toml in tests/system/ or modules/*/tests/)"
DETAILS = """\
Boots what is built (see ./cw build), runs the scenario and compares the console with what it expects. The console is
kept in build/log/. `./cw test -R system.NAME` builds first.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("scenario", metavar="NAME", help="a scenario's name, or the path of its file")
    parser.add_argument("--harts", type=int, metavar="N", help="hart count (default: the scenario's first)")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the console as it comes")


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    path = Path(parsed.scenario)
    test = scenario.load(path) if path.suffix == ".toml" else scenario.by_name(paths.ROOT, parsed.scenario)
    builder.require_system()
    return run(test, parsed.harts or test.harts[0], verbose=parsed.verbose)


def run(test: scenario.Scenario, harts: int, *, verbose: bool = False) -> int:
    """Boots and judges one scenario; prints why it failed."""
    name = test.test_name(harts)
    entries = system.base_modules() + system.find_modules(test.modules) + list(test.files)
    if test.commands is not None:
        commands = [test.expand(command, harts) for command in test.commands]
        entries.append(system.script(commands, power_off=test.power_off))
    failed = True
    with system.packed(name, entries, keep=lambda: failed) as archive:
        machine = qemu.Machine(
            harts, qemu.memory_for(archive.size, test.memory_mb), test.icount, test.append, extra=test.qemu_args
        )
        argv = qemu.command(machine, archive.path)
        outcome = guest.run(
            argv,
            test.limits,
            annotate=symbolize.Symbolizer().annotate,
            on_line=print if verbose else lambda line: None,
            typed=test.typed,
        )
        wrong = judge(test, harts, outcome)
        failed = bool(wrong)
    log = paths.LOGS / f"{name}.txt"
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    log.write_text("\n".join(outcome.lines) + "\n")
    if not failed:
        print(f"{name}: passed in {outcome.seconds:.1f} s: {test.summary}")
        return 0
    print(f"{name}: FAILED: {test.summary}")
    print("\n".join(wrong))
    print(f"console: {paths.shown(log)}\nagain:   ./cw guest-test {paths.shown(test.path)} --harts {harts} -v")
    print(f"by hand: {archive.reproduce(argv)}")
    sys.stdout.flush()
    return 1


def judge(test: scenario.Scenario, harts: int, outcome: guest.Outcome) -> list[str]:
    """Everything that is wrong with this outcome."""
    lines = console.without_banner(outcome.lines)
    expect = [test.expand(pattern, harts) for pattern in test.expect]
    forbid = [test.expand(pattern, harts) for pattern in test.forbid]
    wrong = verdict.problems(lines, expect, forbid)
    shown = bool(wrong) and len(lines) <= guest.TAIL_LINES  # The excerpt of a short console is all of it.
    if outcome.hang:
        wrong.insert(0, f"the system hung and was stopped: {outcome.hang}")
    elif outcome.status != test.exit_status:
        wrong.insert(0, f"exit status {outcome.status}, expected {test.exit_status}")
    if wrong and not shown:
        wrong.append(f"--- last lines of the console ---\n{outcome.tail()}\n--- end ---")
    return wrong
