"""`./cw inspect-archive`: lists what a boot archive holds."""

import argparse
import hashlib
from pathlib import Path

from cw import archive, table
from cw.failure import Failure

HELP = "list a boot archive"
DETAILS = "Archives of runs that hung stay in build/run/."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("archive", type=Path, metavar="ARCHIVE")


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    try:
        entries = archive.unpack(parsed.archive.read_bytes())
    except OSError as error:
        raise Failure(f"{parsed.archive}: {error.strerror}", status=2) from error
    rows = [
        (entry.kind.name.lower(), entry.name, f"{len(entry.data):,}", hashlib.sha256(entry.data).hexdigest()[:16])
        for entry in entries
    ]
    print(table.render(("kind", "name", "bytes", "sha256"), rows))
    return 0
