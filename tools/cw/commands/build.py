"""`./cw build`: kernel and modules, or any other CMake preset."""

import argparse
import sys

from cw import builder, options, packages, paths
from cw.commands import image
from cw.failure import Failure
from cw.host import HOSTS, RISCV64

HELP = "build the system for a host (or another CMake preset)"
DETAILS = """\
Installs the Debian packages that are missing, configures and builds. Quiet unless it takes long or fails; the full
output is in build/log/.

  ./cw build                  kernel and modules for riscv64
  ./cw build --host=linux     nucleus and modules for Linux; `./cw build linux` is the same
  ./cw build hosted           unit tests of this machine
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("preset", nargs="?", help="CMake preset (default riscv64)")
    parser.add_argument("--host", choices=HOSTS, help="build what ./cw run --host needs")
    parser.add_argument("--target", metavar="T", help="build only this target")
    options.add_jobs(parser)


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    if parsed.preset and parsed.host:
        raise Failure("build takes a preset or --host, not both", status=2)
    preset = parsed.preset or parsed.host or RISCV64.name
    host = HOSTS.get(preset)
    packages.ensure(host.build_packages if host else "test")
    folder = builder.build(preset, parsed.jobs, parsed.target)
    if host and not parsed.target:
        builder.require_system(host)
    if host is RISCV64 and not parsed.target:
        size = sum(size for _, size in image.sizes())
        print(f"cw: kernel and modules have {size:,} bytes; ./cw image lists the parts", file=sys.stderr)
    print(f"cw: {paths.shown(folder)} is up to date", file=sys.stderr)
    return 0
