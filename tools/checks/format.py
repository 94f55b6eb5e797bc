"""Checks that clang-format 19 would change nothing. `./cw format` makes the changes."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import sources

PROGRAM = "clang-format-19"
BATCH = 50


def check(root: Path) -> tuple[list[str], int]:
    """One offence per place that is formatted otherwise, and how many files were looked at."""
    if shutil.which(PROGRAM) is None:
        return [f"{PROGRAM} is not installed; ./cw test installs it"], 1
    files = [str(path.relative_to(root)) for path in sources.cpp_files(root)]
    offences = []
    for start in range(0, len(files), BATCH):
        command = [PROGRAM, "--dry-run", "--Werror", *files[start : start + BATCH]]
        answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        found = re.findall(r"^(\S+:\d+):\d+: error: (.*?)(?: \[-W\S+\])?$", answer.stderr, re.MULTILINE)
        offences += sorted({f"{place}: {what}" for place, what in found})
        if answer.returncode != 0 and not found:
            offences.append(f"{PROGRAM} failed: {answer.stderr.strip()}")
    return offences, len(files)


def fix(root: Path) -> int:
    """Formats every file in place."""
    files = [str(path) for path in sources.cpp_files(root)]
    return subprocess.run([PROGRAM, "-i", *files], check=False).returncode if files else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--fix"]:
        sys.exit(fix(sources.ROOT))
    sys.exit(sources.report("format", *check(sources.root_from_arguments())))
