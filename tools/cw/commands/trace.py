"""`./cw trace`: runs the system as `./cw run --exec` does, and writes what it did as a file for a trace viewer."""

import argparse
import json
from pathlib import Path

from cw import builder, console, guest, options, packages, symbolize, system, trace, trace_json
from cw.archive import user_files
from cw.failure import Failure
from cw.host import HOSTS

HELP = "run commands and record what the system does, for a trace viewer"
DETAILS = """\
Boots the system, switches tracing on, runs the commands, or waits, and writes FILE in Chrome's trace event format: open
it in https://ui.perfetto.dev, chrome://tracing or https://www.speedscope.app. Processes are protection domains, threads
their executors; arrows lead from a call to its handler, and from the answer back. docs/trace.md says what is recorded.

A full ring overwrites what is oldest, unless --policy says otherwise. What was lost is counted, said, and in the file.

examples:
  ./cw trace --host=linux --exec 'modprobe --user-process echo; call echo.ping 1' -o ping.json
  ./cw trace --seconds 2 -o idle.json

exit status: 1 if no trace came; 124 if the system hung.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files to hand over to the system")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where the trace goes")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--exec", dest="commands", metavar="CMDS", help="shell commands, separated by semicolons")
    what.add_argument("--seconds", type=float, metavar="N", help="what it does by itself for so long")
    parser.add_argument("--policy", choices=("overwrite", "drop"), default="overwrite", help="what a full ring does")
    parser.add_argument("--kmem", action="store_true", help="also each allocation and each free of the kernel")
    parser.add_argument("--records", type=int, default=4096, metavar="N", help="of each ring: a power of two (4096)")
    options.add_host(parser)
    options.add_machine(parser)
    options.add_build(parser)
    parser.add_argument("--module", action="append", default=[], metavar="NAME", help="also pack this test module")


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    entries = user_files(parsed.files)
    host = HOSTS[parsed.host]
    machine = options.machine(parsed, host)
    packages.ensure(host.run_packages)
    if parsed.build:
        builder.build_system(host, parsed.jobs)
    builder.require_system(host)
    wanted = (
        system.split_commands(parsed.commands)
        if parsed.commands is not None
        else [f"sleep {max(1, round(parsed.seconds * 1000))}"]
    )
    kmem = ["cell set trace/kmem 1"] if parsed.kmem else []
    commands = [*kmem, f"trace start {parsed.policy} {parsed.records}", *wanted, "trace stop", "trace dump"]
    entries += [*system.base_modules(host), *system.find_modules(host, parsed.module), system.script(commands)]
    hung = False
    with system.packed("trace", entries, keep=lambda: hung) as archive:
        argv = host.command(machine, archive.path)
        banner = console.Banner()

        def on_line(line: str) -> None:
            if not banner.hides(line) and not line.startswith(trace.PREFIXES):
                print(line, flush=True)

        outcome = guest.run(argv, guest.Limits(), annotate=symbolize.Symbolizer(host).annotate, on_line=on_line)
        if outcome.hang:
            hung = True
            raise Failure(guest.describe_hang(outcome, archive.reproduce(argv)), status=outcome.status)
    recorded = trace.parse(outcome.lines)
    document = trace_json.convert(recorded)
    parsed.output.write_text(json.dumps(document) + "\n")
    print(describe(recorded, parsed.output))
    return 0


def describe(recorded: trace.Trace, path: Path) -> str:
    """What is in the file, and what is not."""
    read = sum(len(ring.records) for ring in recorded.rings)
    lost = sum(ring.lost + ring.dropped for ring in recorded.rings)
    missing = f"; {lost} were lost: --records makes the rings larger" if lost else ""
    return f"{path}: {read} records of {len({ring.track for ring in recorded.rings})} executors{missing}"
