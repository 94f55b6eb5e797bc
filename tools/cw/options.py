"""Options that several commands share, declared once."""

import argparse

from cw import qemu


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """How much to build at once."""
    parser.add_argument("-j", "--jobs", type=int, metavar="N", help="compilers at once (default: one a processor)")


def add_build(parser: argparse.ArgumentParser) -> None:
    """Options about building first."""
    add_jobs(parser)
    parser.add_argument("--no-build", dest="build", action="store_false", help="use what was built before")


def add_machine(parser: argparse.ArgumentParser, *, harts: int = 1) -> None:
    """Options about the machine."""
    parser.add_argument("--harts", type=int, default=harts, metavar="N", help=f"processors, 1 to 8 (default {harts})")
    parser.add_argument("--memory", type=int, metavar="MB", help="megabytes (default 512, more for big files)")
    parser.add_argument("--icount", action="store_true", help="count instructions exactly, on one host thread")
    parser.add_argument("--append", default="", metavar="TEXT", help="text for the kernel (boot arguments)")
    parser.add_argument("--qemu-arg", action="append", default=[], metavar="ARG", help="one more argument for QEMU")


def machine(parsed: argparse.Namespace, archive_bytes: int) -> qemu.Machine:
    """The machine that the options describe, with memory for an archive of that size."""
    return qemu.Machine(
        harts=parsed.harts,
        memory_mb=qemu.memory_for(archive_bytes, parsed.memory),
        icount=parsed.icount,
        append=parsed.append,
        extra=tuple(parsed.qemu_arg),
    )
