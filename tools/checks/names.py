"""Checks that no file names what only one machine has: absolute paths of a checkout, hosts of package registries."""

import re
import sys
from pathlib import Path

import sources

# Written so that they do not match themselves.
FORBIDDEN = (
    (re.compile(r"(?<![\w./])/(?:work|farm|home|Users)/\w"), "a path of one machine"),
    (re.compile(r"/tmp/bash" r"_jobs"), "a path of one machine"),
    (re.compile(r"https?://(?:deb|security|archive|registry|pypi|proxy)\.[a-z]"), "a package registry's host"),
    (re.compile(r"\b(?:files\.pythonhosted|registry\.npmjs)\b"), "a package registry's host"),
)


def check(root: Path) -> tuple[list[str], int]:
    """All offences in the files that git tracks, and how many files were looked at."""
    offences = []
    files = sources.tracked_files(root)
    for path in files:
        data = path.read_bytes()
        if b"\0" in data:
            continue
        for number, line in enumerate(data.decode(errors="replace").splitlines(), start=1):
            for pattern, what in FORBIDDEN:
                if match := pattern.search(line):
                    offences.append(f"{path.relative_to(root)}:{number}: {what}: {match[0]}")
    return offences, len(files)


if __name__ == "__main__":
    sys.exit(sources.report("names", *check(sources.root_from_arguments())))
