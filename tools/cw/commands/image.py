"""`./cw image`: how big the system is: what is loaded at boot, without the user's files."""

import argparse

from cw import builder, elf, options, packages, system, table
from cw.failure import Failure
from cw.host import RISCV64

HELP = "print the size of the system on bare metal"
DETAILS = f"""\
Counts what the machine must be given: the loaded bytes of the kernel (its vDSO included) and the module files.
{1 << 20:,} bytes are the limit; --check fails above it.
"""

LIMIT_BYTES = 1 << 20


def sizes() -> list[tuple[str, int]]:
    """Name and bytes of each part."""
    kernel = sum(segment.file_bytes for segment in elf.segments(RISCV64.nucleus))
    return [("kernel", kernel)] + [(f"module {entry.name}", len(entry.content())) for entry in system.base_modules(RISCV64)]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("--check", action="store_true", help="exit with 1 if the limit is exceeded")
    options.add_build(parser)


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    if parsed.build:
        packages.ensure("build")
        builder.build_system(RISCV64, parsed.jobs)
    builder.require_system(RISCV64)
    parts = sizes()
    total = sum(size for _, size in parts)
    rows = [(name, f"{size:,}") for name, size in [*parts, ("all", total)]]
    print(table.render(("part", "bytes"), rows))
    in_memory = sum(segment.memory_bytes for segment in elf.segments(RISCV64.nucleus))
    print(f"\nkernel in memory, with zeroed data: {in_memory:,} bytes")
    print(f"limit {LIMIT_BYTES:,} bytes: {'within' if total <= LIMIT_BYTES else 'EXCEEDED'}")
    if parsed.check and total > LIMIT_BYTES:
        raise Failure(f"the system has {total:,} bytes, {total - LIMIT_BYTES:,} too many")
    return 0
