"""`./cw test`: builds everything and runs every test in one ctest run."""

import argparse
import subprocess
import sys

from cw import builder, options, packages, paths, registration, scenario
from cw.host import SANITIZED

HELP = "run all tests: source checks, unit tests, sanitizers, systems on Linux and in QEMU"
DETAILS = """\
Tests are named PART.WHAT: checks.* (format, layers, names, headers), tools.*, those of the presets, linux.NAME
for systems on Linux, system.NAME.hHARTS for those in QEMU. linux-asan and linux-tsan are the systems on Linux with their
nucleus under a sanitizer.

  ./cw test                     everything
  ./cw test --fast              without the sanitizer builds
  ./cw test -R system.echo      only matching tests
  ./cw test -p hosted -R ring   builds only this preset; linux.* need -p linux, system.* -p riscv64
  ./cw test -p linux-tsan       every scenario of Linux under a sanitizer; without -p those that take long are left out
"""

# What builds quickly and fails cheaply comes first.
FAST_PRESETS = ("hosted", "linux", "riscv64")
PRESETS = (*FAST_PRESETS, "hosted-asan", "hosted-tsan", *SANITIZED)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("--fast", action="store_true", help=f"only the presets {', '.join(FAST_PRESETS)}")
    parser.add_argument("-R", "--regex", metavar="REGEX", help="only tests whose names match")
    parser.add_argument("-E", "--exclude", metavar="REGEX", help="no tests whose names match")
    parser.add_argument("-p", "--preset", action="append", metavar="P", help="build and test only this preset")
    parser.add_argument("--verbose", action="store_true", help="show the output of passing tests too")
    options.add_build(parser)


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    packages.ensure("test")
    presets = parsed.preset or (FAST_PRESETS if parsed.fast else PRESETS)
    scenarios = scenario.load_all(paths.ROOT)
    if parsed.build:
        for preset in presets:
            host = SANITIZED.get(preset)
            builder.build(host.preset if host else preset, parsed.jobs, host.target if host else None)
    tests = paths.BUILD / "tests"
    registration.write(tests / "CTestTestfile.cmake", presets, scenarios, everything=bool(parsed.preset))

    jobs = str((parsed.jobs or builder.default_jobs()) * registration.SHARES)
    command = ["ctest", "--test-dir", str(tests), "--no-tests=error", "--parallel", jobs]
    command += ["--verbose"] if parsed.verbose else ["--output-on-failure"]
    command += ["--tests-regex", parsed.regex] if parsed.regex else []
    command += ["--exclude-regex", parsed.exclude] if parsed.exclude else []
    sys.stdout.flush()
    return 0 if subprocess.run(command, cwd=paths.ROOT, check=False).returncode == 0 else 1
