"""`./cw format`: formats all C++ sources in place."""

import argparse
import sys

from cw import packages, paths
from cw.steps import run_step

HELP = "format all C++ sources in place"
DETAILS = "The test checks.format fails for what this would change."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command has no options."""


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    packages.ensure("test")
    run_step("formatting", [sys.executable, str(paths.TOOLS / "checks" / "format.py"), "--fix"], "format")
    return 0
