"""`./cw build`: kernel and modules, or any other CMake preset."""

import argparse
import sys

from cw import builder, options, packages, paths
from cw.commands import image

HELP = "build kernel and modules (or another CMake preset)"
DETAILS = """\
Installs the Debian packages that are missing, configures and builds. Quiet unless it takes long or fails; the full
output is in build/log/.

  ./cw build                  kernel and modules for riscv64
  ./cw build hosted           the host's unit tests
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("preset", nargs="?", default="riscv64", help="CMake preset (default riscv64)")
    parser.add_argument("--target", metavar="T", help="build only this target")
    options.add_jobs(parser)


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    packages.ensure("build" if parsed.preset == "riscv64" else "test")
    folder = builder.build(parsed.preset, parsed.jobs, parsed.target)
    if parsed.preset == "riscv64" and not parsed.target:
        builder.require_system()
        size = sum(size for _, size in image.sizes())
        print(f"cw: kernel and modules have {size:,} bytes; ./cw image lists the parts", file=sys.stderr)
    print(f"cw: {paths.shown(folder)} is up to date", file=sys.stderr)
    return 0
