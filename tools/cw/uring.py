"""Whether this Linux has what the module `file` needs: io_uring with its rings in memory of ours (docs/files.md)."""

import os
import re
from pathlib import Path

OLDEST = (6, 5)
SWITCH = Path("/proc/sys/kernel/io_uring_disabled")  # Since Linux 6.6. 2: for nobody; 1: for root only.


def missing(release: str | None = None, switch: Path = SWITCH) -> str:
    """Why it has not; empty if it has."""
    release = os.uname().release if release is None else release
    match = re.match(r"(\d+)\.(\d+)", release)
    if match is None or (int(match[1]), int(match[2])) < OLDEST:
        return f"Linux {release} is older than {OLDEST[0]}.{OLDEST[1]}"
    try:
        disabled = int(switch.read_text())
    except (OSError, ValueError):
        disabled = 0
    if disabled == 2 or (disabled == 1 and os.geteuid() != 0):
        return f"{switch} says {disabled}"
    return ""
