"""`./cw debug`: the system under gdb, with the symbols of the kernel and of every loaded module."""

import argparse
import os
import socket
import subprocess
import sys
from pathlib import Path

from cw import builder, guest, options, packages, paths, qemu, symbolize, system, terminal
from cw.archive import user_files
from cw.failure import Failure
from cw.host import RISCV64

HELP = "run the system on bare metal under gdb"
DETAILS = """\
The system waits at its first instruction; `continue` starts it. gdb knows the symbols of the kernel, and of each module
from the moment it is loaded; a breakpoint in a module may be set before. `cw-modules` lists the modules,
`cw-kmem` what the kernel has allocated; `cw-kmem-break SITE` stops where a site of that list allocates.
The console goes to build/log/debug-console.txt; `./cw debug --attach`, in a second terminal, shows it live and takes
what you type.

examples:
  ./cw debug --exec 'modprobe echo; call echo.late 10' --gdb 'break echo.cpp:late' --gdb continue
  ./cw debug --gdb 'break cw::kernel::panic' --gdb continue
"""

CONSOLE_LOG = paths.LOGS / "debug-console.txt"
CONSOLE_SOCKET = paths.RUNS / "debug-console.sock"
SCRIPTS = [paths.TOOLS / "gdb" / name for name in ("causeway.py", "kmem.py")]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files to hand over to the system")
    parser.add_argument("--exec", dest="commands", metavar="CMDS", help="shell commands, separated by semicolons")
    parser.add_argument("--gdb", action="append", default=[], metavar="CMD", help="a command for gdb to begin with")
    parser.add_argument("--batch", action="store_true", help="end after the commands of --gdb")
    parser.add_argument("--attach", action="store_true", help="show the console of the system being debugged")
    parser.add_argument("--module", action="append", default=[], metavar="NAME", help="also pack this test module")
    options.add_machine(parser)
    options.add_build(parser)


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    if parsed.attach:
        return _attach()
    if parsed.icount:
        raise Failure("QEMU hangs at its first breakpoint under --icount; debug without it", status=2)
    machine = options.machine(parsed, RISCV64)
    packages.ensure("debug")
    if parsed.build:
        builder.build_system(RISCV64, parsed.jobs)
    builder.require_system(RISCV64)
    entries = system.base_modules(RISCV64) + system.find_modules(RISCV64, parsed.module) + user_files(parsed.files)
    if parsed.commands is not None:
        entries.append(system.script(system.split_commands(parsed.commands)))
    with system.packed("debug", entries, keep=lambda: False) as archive:
        port = free_port()
        argv = qemu.command(machine, RISCV64.nucleus, archive.path, serial="chardev:console")
        argv += ["-S", "-gdb", f"tcp:127.0.0.1:{port}"]
        paths.LOGS.mkdir(parents=True, exist_ok=True)
        CONSOLE_LOG.unlink(missing_ok=True)
        argv += ["-chardev", f"socket,id=console,path={CONSOLE_SOCKET},server=on,wait=off,logfile={CONSOLE_LOG}"]
        return _debug(argv, port, parsed.gdb, batch=parsed.batch)


def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _debug(argv: list[str], port: int, commands: list[str], *, batch: bool) -> int:
    process = guest.start(argv)
    try:
        begin = [
            "set confirm off",
            "set breakpoint pending on",  # A module's places are known once it is loaded.
            # The compiler writes `.` for the repository, also in front of the folder it ran in.
            f"set substitute-path ./{paths.shown(RISCV64.build)}/. {paths.ROOT}",
            f"directory {paths.ROOT}",
            f"target remote 127.0.0.1:{port}",
            *(f"source {script}" for script in SCRIPTS),
        ]
        gdb = ["gdb-multiarch", "-q", str(RISCV64.nucleus), "-iex", "set architecture riscv:rv64"]
        gdb += [argument for command in [*begin, *commands] for argument in ("-ex", command)]
        gdb += ["-batch"] if batch else []
        print(f"cw: console in {paths.shown(CONSOLE_LOG)}; ./cw debug --attach shows it live", file=sys.stderr)
        status = subprocess.run(gdb, cwd=paths.ROOT, check=False).returncode
        if process.poll() not in (None, 0) and not CONSOLE_LOG.exists():
            assert process.stdout is not None
            raise Failure(f"QEMU did not start: {os.read(process.stdout.fileno(), 4096).decode(errors='replace')}")
        return status
    finally:
        guest.stop(process)
        CONSOLE_SOCKET.unlink(missing_ok=True)


def _attach() -> int:
    try:
        terminal.attach(str(CONSOLE_SOCKET), symbolize.Symbolizer(RISCV64).annotate)
    except OSError as error:
        raise Failure(f"no system is being debugged: {error.strerror}") from error
    return 0
