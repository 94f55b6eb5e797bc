"""The C++ sources of the tree, and how the checks report: one line `file:line: what` for each offence."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    "abi",
    "core",
    "loader",
    "nucleus",
    "sdk",
    "modules",
    "kernel",
    "hosted",
    "tools",
    "tests",
    "bench",
    "examples",
)
CPP = {".hpp", ".cpp", ".h"}
ASSEMBLY = {".S"}


def cpp_files(root: Path, suffixes: Iterable[str] = frozenset(CPP)) -> Iterator[Path]:
    """Source files below the parts of the tree, in a fixed order."""
    wanted = set(suffixes)
    for part in PARTS:
        for path in sorted((root / part).rglob("*")):
            if path.suffix in wanted and path.is_file():
                yield path


def tracked_files(root: Path) -> list[Path]:
    """Files that git has, or would have after `git add`, so that an offence is told before it is committed."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, capture_output=True, check=True).stdout
    paths = (root / name.decode() for name in listing.split(b"\0") if name)
    return sorted({path for path in paths if path.is_file()})


def root_from_arguments() -> Path:
    """The tree to check: this one, or the one named on the command line, which tests use."""
    return Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT


def report(check: str, offences: list[str], looked_at: int) -> int:
    """Prints the offences and returns the exit status. Nothing looked at is a failure too."""
    for offence in offences:
        print(offence)
    if looked_at == 0:
        print(f"{check}: found no files to check")
        return 1
    print(f"{check}: {looked_at} files, {len(offences)} offences")
    return 1 if offences else 0
