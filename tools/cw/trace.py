"""A trace of the system, as `trace dump` shows it (tools/README.md): read and checked. trace_json.py makes events of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from cw.failure import Failure

PREFIXES = ("@t ", "@trace ")
ARGS = 4


class What(IntEnum):
    """What a record says; cw::trace::What has the words."""

    USER = 1
    SUBMITTED = 2
    STARTED = 3
    RETURNED = 4
    ANSWERED = 5
    COMPLETED = 6
    RESUMED = 7
    RESTED = 8
    CALLED = 9
    CAME_BACK = 10
    ASLEEP = 11
    AWAKE = 12
    MODULE = 13
    CHANNEL = 14
    SITE = 15
    SITE_COUNTS = 16
    ALLOCATED = 17
    FREED = 18
    SITE_PAGES = 19


@dataclass(frozen=True)
class Record:
    """One record of a ring."""

    counter: int
    what: What
    args: tuple[int, ...]


@dataclass
class Ring:
    """What was read of one ring; rings of one executor are on one track."""

    number: int
    track: int
    domain: int
    policy: int
    name: str
    records: list[Record] = field(default_factory=list)
    lost: int = 0  # Overwritten before they were read.
    dropped: int = 0  # Refused by a full ring.


@dataclass
class Trace:
    """All of a dump."""

    multiplier: int = 0  # Nanoseconds of one count, with 32 bits behind the point.
    methods: dict[str, list[str]] = field(default_factory=dict)  # Of each module, by opcode.
    rings: list[Ring] = field(default_factory=list)

    def nanoseconds(self, counts: int) -> int:
        """What so many counts of the clock are."""
        return counts * self.multiplier >> 32


_SCALE = re.compile(r"@trace counter=\d+ multiplier=(\d+) boot_ns=\d+")
_RING = re.compile(r"@trace ring=(\d+) track=(\d+) domain=(\d+) policy=([0-2]) name=(\S*)")
_END = re.compile(r"@trace end=(\d+) read=(\d+) lost=(\d+) dropped=(\d+) recorded=(\d+) over=([01])")


def parse(lines: Iterable[str]) -> Trace:
    """Reads a dump among other lines. A damaged line is an error: it would be a record lost and not counted."""
    trace = Trace()
    ring: Ring | None = None
    over = False
    for line in lines:
        if not line.startswith(PREFIXES):
            continue
        if line.startswith("@t ") and ring is not None:
            ring.records.append(_record(line))
        elif line.startswith("@trace names "):
            module, *methods = line.split()[2:]
            trace.methods[module] = methods
        elif match := _SCALE.fullmatch(line):
            trace.multiplier = int(match[1])
        elif match := _RING.fullmatch(line):
            ring = Ring(*(int(match[i]) for i in range(1, 5)), name=match[5])
            trace.rings.append(ring)
        elif (match := _END.fullmatch(line)) and ring is not None:
            number, read, ring.lost, ring.dropped, recorded, over_now = map(int, match.groups())
            if number != ring.number or read != len(ring.records):
                raise Failure(f"ring {ring.number}: {len(ring.records)} records came, and at its end: {line}")
            if over_now and read + ring.lost != recorded:
                raise Failure(f"ring {ring.number}: what was read and lost is not what was recorded: {line}")
            ring = None
        elif line == "@trace over" and ring is None:
            over = True
        else:
            raise Failure(f"malformed line of a trace: {line}")
    if not over or trace.multiplier == 0:
        raise Failure("no trace came, or only a part of one; did the system end before it was shown?")
    return trace


def miscounted(trace: Trace) -> list[str]:
    """Sites whose allocations, frees and pages in a ring are not what the site has counted from its beginning to its end.

    A ring of which something was lost cannot be compared.
    """
    found = []
    for ring in trace.rings:
        if ring.lost or ring.dropped:
            continue
        sums: dict[int, list[int]] = {}  # Of each site: allocations, live, pages.
        for record in ring.records:
            site, number, *_ = record.args
            if record.what is What.SITE_COUNTS:
                counted = list(record.args[1:])
                if sums.setdefault(site, counted) != counted:
                    found.append(f"ring {ring.number}, site {site}: {sums[site]} by its records, {counted} counted")
                sums[site] = counted
            elif record.what in (What.ALLOCATED, What.FREED, What.SITE_PAGES):
                change = {What.ALLOCATED: (1, 1, 0), What.FREED: (0, -1, 0)}.get(record.what, (0, 0, number - (number >> 63 << 64)))
                sums[site] = [one + more for one, more in zip(sums[site], change)]
    return found


def _record(line: str) -> Record:
    try:
        counter, what, *args = (int(word, 16) for word in line.split()[1:])
        return Record(counter, What(what), tuple(args + [0] * (ARGS - len(args))))
    except ValueError as error:
        raise Failure(f"malformed record of a trace: {line}") from error
