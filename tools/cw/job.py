"""The main job: the system hashes the user's files in every placement; here its rows are read, checked and shown.

A row is one line
`@job file=NAME placement=P links=METHOD:PATH,.. sha256=HEX calls=N instructions=N syscalls=N wakes=N copied=N`.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cw import table
from cw.failure import Failure

COMMAND = "main-job"
PLACEMENTS = ("kernel", "user-process", "sync-caller")

# File names may hold spaces; no other value does, so the last ` placement=` ends the name.
_ROW = re.compile(
    r"@job file=(?P<file>.+) placement=(?P<placement>[a-z-]+) links=(?P<links>\S*) sha256=(?P<sha256>[0-9a-f]{64})"
    r" calls=(?P<calls>\d+) instructions=(?P<instructions>\d+) syscalls=(?P<syscalls>\d+) wakes=(?P<wakes>\d+)"
    r" copied=(?P<copied>\d+)"
)


@dataclass(frozen=True)
class Row:
    """What one file cost in one placement."""

    file: str
    placement: str
    links: tuple[tuple[str, str], ...]  # (method, path) of each edge
    sha256: str
    calls: int
    instructions: int
    syscalls: int
    wakes: int
    copied: int


def parse_row(line: str) -> Row:
    """Reads one `@job` line."""
    match = _ROW.fullmatch(line.strip())
    if match is None:
        raise Failure(f"malformed line from the guest: {line}")
    links = []
    for edge in filter(None, match["links"].split(",")):
        method, separator, path = edge.rpartition(":")
        if not separator or not method or not path:
            raise Failure(f"malformed link {edge!r} in the line from the guest: {line}")
        links.append((method, path))
    numbers = (int(match[name]) for name in ("calls", "instructions", "syscalls", "wakes", "copied"))
    return Row(match["file"], match["placement"], tuple(links), match["sha256"], *numbers)


def host_digests(files: Sequence[Path]) -> dict[str, str]:
    """SHA-256 of each file as this machine computes it, by base name."""
    digests = {}
    for path in files:
        with path.open("rb") as source:
            digests[path.name] = hashlib.file_digest(source, "sha256").hexdigest()
    return digests


def check(rows: Sequence[Row], expected: dict[str, str]) -> list[str]:
    """What is wrong with the rows as a whole: missing, double, unknown, or with another hash than this machine's."""
    wrong = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        key = (row.file, row.placement)
        if row.file not in expected or row.placement not in PLACEMENTS:
            wrong.append(f"{row.file}: a row nobody asked for, placement {row.placement}")
        elif key in seen:
            wrong.append(f"{row.file}: two rows for placement {row.placement}")
        elif row.sha256 != expected[row.file]:
            wrong.append(
                f"{row.file}: wrong SHA-256 in placement {row.placement}\n"
                f"    expected: {expected[row.file]}\n    computed: {row.sha256}"
            )
        seen.add(key)
    for name in expected:
        for placement in PLACEMENTS:
            if (name, placement) not in seen:
                wrong.append(f"{name}: no result for placement {placement}")
    return wrong


def render(rows: Sequence[Row], *, exact: bool) -> str:
    """The table a person reads. `exact`: QEMU ran with -icount; else the guest's counter counts no instructions."""
    head = ("file", "placement", "links", "calls", "instr/call", "syscalls", "wake-ups", "copied bytes")
    lines = []
    for row in rows:
        links = ", ".join(f"{method}->{path}" for method, path in row.links)
        per_call = f"{row.instructions / row.calls:,.0f}" if row.calls and exact else "-"
        counts = (f"{number:,}" for number in (row.syscalls, row.wakes, row.copied))
        lines.append((row.file, row.placement, links, f"{row.calls:,}", per_call, *counts))
    return table.render(head, lines)
