"""Options that several commands share, declared once."""

import argparse

from cw import directories
from cw.host import HOSTS, RISCV64, Host
from cw.machine import Machine


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """How much to build at once."""
    parser.add_argument("-j", "--jobs", type=int, metavar="N", help="compilers at once (default: one a processor)")


def add_build(parser: argparse.ArgumentParser) -> None:
    """Options about building first."""
    add_jobs(parser)
    add_no_build(parser)


def add_no_build(parser: argparse.ArgumentParser) -> None:
    """Whether to build at all."""
    parser.add_argument("--no-build", dest="build", action="store_false", help="use what was built before")


def add_host(parser: argparse.ArgumentParser) -> None:
    """Where to run."""
    parser.add_argument(
        "--host",
        choices=HOSTS,
        default=RISCV64.name,
        help="riscv64: bare metal in QEMU (default); linux: processes of this machine",
    )


def add_machine(parser: argparse.ArgumentParser) -> None:
    """Options about the machine."""
    parser.add_argument("--append", default="", metavar="TEXT", help="boot arguments")
    parser.add_argument(
        "--dir",
        dest="directories",
        action="append",
        default=[],
        metavar="NAME=PATH[:ro]",
        help="on Linux: let the module `file` use this directory, as NAME/...; :ro for reading only",
    )
    group = parser.add_argument_group("the machine in QEMU")
    group.add_argument("--harts", type=int, metavar="N", help="processors, 1 to 8 (default 1)")
    group.add_argument("--memory", type=int, metavar="MB", help="megabytes (default 512, more for big files)")
    group.add_argument("--icount", action="store_true", help="count instructions exactly, on one host thread")
    group.add_argument("--qemu-arg", action="append", default=[], metavar="ARG", help="one more argument for QEMU")


def machine(parsed: argparse.Namespace, host: Host) -> Machine:
    """The machine that the options describe, as far as the host has it."""
    wanted = Machine(
        harts=parsed.harts,
        memory_mb=parsed.memory,
        icount=parsed.icount,
        append=parsed.append,
        extra=tuple(parsed.qemu_arg),
        directories=tuple(map(directories.parse, parsed.directories)),
    )
    host.check(wanted)
    return wanted
