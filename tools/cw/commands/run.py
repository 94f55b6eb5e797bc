"""`./cw run`: boots the system: on the terminal, with commands, or with files to hash in every placement."""

import argparse
import shlex
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from cw import builder, console, guest, job, options, packages, symbolize, system, terminal, uring
from cw.archive import user_files
from cw.failure import Failure
from cw.host import HOSTS, Host
from cw.machine import Machine
from cw.progress import Progress

HELP = "boot the system: a shell, commands, or the main job on your files"
DETAILS = """\
Without FILE and --exec, the shell on this terminal; leave it with `poweroff`, or with the key that is said first. If
standard input is not a terminal, its lines are the commands.
With FILE..., the main job: every file is hashed by the module `digest` in each placement, the results are compared
with this machine's, and a table says what each placement cost. On Linux the module `file` reads them where they are; in
QEMU they are packed into the archive.
With --exec, the commands run one after the other and the system powers off; the exit status is that of the last one.
FILEs are then there for the commands.

The system runs on bare metal in QEMU, or with --host=linux as processes of this machine: there it has this machine's
processors and memory, and nothing counts instructions.

Boot arguments (--append): `log=serial` prints its log as it comes, `first=MODULE` starts another module
than the shell.

examples:
  ./cw run
  ./cw run README.md LICENSE
  ./cw run --host=linux
  ./cw run --harts 2 --exec 'modprobe --user-process echo; lsmod --edges'

exit status: that of the last command; 1 if the main job's results are wrong; 124 if the system hung; 130 if you left.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files to hand over to the system")
    parser.add_argument("--exec", dest="commands", metavar="CMDS", help="shell commands, separated by semicolons")
    options.add_host(parser)
    options.add_machine(parser)
    options.add_build(parser)
    parser.add_argument("--module", action="append", default=[], metavar="NAME", help="also pack this test module")
    parser.add_argument("--timeout", type=float, metavar="S", help="stop the system after S seconds in any case")
    parser.add_argument("--silence", type=float, metavar="S", help="stop it after S silent seconds (default 60)")


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    user_entries = user_files(parsed.files)  # Before a build of minutes: a wrong name is told at once.
    host = HOSTS[parsed.host]
    machine = options.machine(parsed, host)
    packages.ensure(host.run_packages)
    if parsed.build:
        builder.build_system(host, parsed.jobs)
    builder.require_system(host)

    commands = _commands(parsed)
    entries = system.base_modules(host) + system.find_modules(host, parsed.module)
    main_job = commands == [job.COMMAND]
    obstacle = uring.missing() if host.reads_files and main_job else ""
    if obstacle:
        print(f"cw: the files are packed and not read where they are: {obstacle}", file=sys.stderr)
    if host.reads_files and main_job and not obstacle:
        machine = replace(machine, files=tuple(parsed.files))
    else:
        entries += user_entries
    if commands is not None:
        entries.append(system.script(commands))
    if main_job and host.counts_instructions and machine.harts in (None, 1):
        machine = replace(machine, icount=True)  # Instructions per call are one of its columns.
    watched = _Watched(parsed, host, machine)
    with system.packed("run", entries, keep=lambda: watched.hung) as archive:
        if commands is None:
            return terminal.run(host, host.command(machine, archive.path), symbolize.Symbolizer(host).annotate)
        return watched.run(archive, main_job=main_job)


def _commands(parsed: argparse.Namespace) -> list[str] | None:
    """What the boot script holds; None for a shell on the terminal."""
    if parsed.commands is not None:
        return system.split_commands(parsed.commands)
    if parsed.files:
        return [job.COMMAND]
    if terminal.is_terminal():
        return None
    if sys.stdin.isatty():
        raise Failure("the shell needs a terminal on standard output as well; use --exec", status=2)
    return system.split_commands(sys.stdin.read())


@dataclass
class _Watched:
    """A run that ends by itself: its console is shown as it comes, the rows of the main job are set aside."""

    parsed: argparse.Namespace
    host: Host
    machine: Machine
    hung: bool = False
    rows: list[job.Row] = field(default_factory=list)

    def run(self, archive: system.Packed, *, main_job: bool) -> int:
        argv = self.host.command(self.machine, archive.path)
        banner = console.Banner()

        def on_line(line: str) -> None:
            if banner.hides(line):
                return
            if main_job and line.startswith("@job "):
                self.rows.append(job.parse_row(line))
            else:
                print(line, flush=True)

        # Hashing is silent and takes time by the megabyte.
        silence = self.parsed.silence or 60 + archive.size / (1 << 20)
        limits = guest.Limits(silence, self.parsed.timeout)
        with Progress("running the main job" if main_job else "running") as progress:
            tick = progress.tick if main_job else lambda: None
            annotate = symbolize.Symbolizer(self.host).annotate
            outcome = guest.run(argv, limits, annotate=annotate, on_line=on_line, on_idle=tick)
            if outcome.hang:
                self.hung = True
                raise Failure(guest.describe_hang(outcome, archive.reproduce(argv)), status=outcome.status)
        return self._judge(outcome.status) if main_job else outcome.status

    def _judge(self, status: int) -> int:
        if self.rows:
            print(job.render(self.rows, exact=self.machine.icount))
        wrong = job.check(self.rows, job.host_digests(self.parsed.files))
        if status != 0:
            wrong.insert(0, f"{job.COMMAND} ended with status {status}")
        if wrong:
            again = shlex.join(["./cw", "run", f"--host={self.host.name}", *map(str, self.parsed.files)])
            raise Failure("the main job failed:\n  " + "\n  ".join(wrong) + f"\nto reproduce: {again}")
        count = len(self.parsed.files)
        print(f"sha256: {count} file{'s' * (count != 1)} in {len(job.PLACEMENTS)} placements, all as this machine has them")
        return 0
