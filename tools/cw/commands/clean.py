"""`./cw clean`: removes build/."""

import argparse
import shutil
import sys

from cw import paths

HELP = "remove build/"
DETAILS = "Everything that ./cw makes is below build/; sources are never touched."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command has no options."""


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    if paths.BUILD.exists():
        shutil.rmtree(paths.BUILD)
        print("cw: removed build/", file=sys.stderr)
    return 0
