"""Chrome's trace events of a trace: what chrome://tracing, ui.perfetto.dev and speedscope show.

Source: "Trace Event Format", the document of the Chromium project. A process is a protection domain, a thread an executor;
requests, resumed coroutines and sleeps are slices, calls are flows from the caller to the handler and back.
"""

from dataclasses import dataclass, field
from typing import Any

from cw.trace import Record, Ring, Trace, What

Event = dict[str, Any]

NEWS = {1: "is there", 2: "built", 3: "started", 4: "did not start", 5: "broken", 6: "gone"}
MASK = (1 << 32) - 1


def text_of(*words: int) -> str:
    """The characters that a record carries in words; what would be a command to a terminal is shown as a dot."""
    raw = b"".join(word.to_bytes(8, "little") for word in words).split(b"\0")[0]
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in raw)


@dataclass
class Names:
    """What numbers in records mean."""

    methods: dict[str, list[str]]
    modules: dict[int, str] = field(default_factory=dict)
    channels: dict[int, tuple[int, int]] = field(default_factory=dict)  # Client and provider of a channel.
    sites: dict[int, str] = field(default_factory=dict)  # Where the nucleus allocates.

    def learn(self, record: Record) -> None:
        """Takes what the nucleus says of modules and channels."""
        if record.what is What.MODULE:
            self.modules[record.args[0] & MASK] = text_of(*record.args[2:4])
        elif record.what is What.CHANNEL:
            self.channels[record.args[0]] = (record.args[1] & MASK, record.args[1] >> 32)
        elif record.what is What.SITE:
            self.sites[record.args[0]] = text_of(*record.args[1:4])

    def site(self, number: int) -> str:
        """A site's name, or its number if that was lost."""
        return self.sites.get(number, f"site {number}")

    def module(self, number: int) -> str:
        """A module's name, or its number if that is not known."""
        return self.modules.get(number, f"module {number}")

    def method(self, provider: int | None, opcode: int) -> str:
        """A method's name, or what is known of it."""
        if provider is None:
            return f"method {opcode}"
        name = self.module(provider)
        known = self.methods.get(name, [])
        return known[opcode] if opcode < len(known) else f"{name} method {opcode}"

    def called(self, call: int, opcode: int) -> str:
        """The name of the method of a call through a channel."""
        provider = self.channels.get(call >> 32, (None, None))[1]
        return self.method(provider, opcode)


@dataclass
class _Track:
    """One executor's records on their way to events."""

    process: int
    number: int
    names: Names
    calls: dict[int, str]  # The method of each call that was seen.
    events: list[Event] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    last: float = 0.0

    def add(self, phase: str, time: float, name: str, category: str, **more: Any) -> None:
        self.events.append(
            {"ph": phase, "ts": time, "pid": self.process, "tid": self.number, "name": name, "cat": category, **more}
        )

    def begin(self, time: float, name: str, category: str, **args: Any) -> None:
        self.open.append(name)
        self.add("B", time, name, category, args=args)

    def end(self, time: float, **args: Any) -> None:
        """Ends the innermost slice, if its beginning was not lost."""
        if self.open:
            name = self.open.pop()
            self.add("E", time, name, "", args=args)

    def end_all(self, time: float) -> None:
        """What is still open was cut off: by a fault, or the end of the domain or of the trace."""
        while self.open:
            self.end(time, cut_off=True)

    def flow(self, phase: str, time: float, call: int, kind: str) -> None:
        """One end of an arrow. It needs a slice to hold on to."""
        if not self.open:
            self.add("X", time, kind, "call", dur=0)
        self.add(phase, time, kind, "call", id=f"{kind} {call:x}", **({"bp": "e"} if phase == "f" else {}))

    def take(self, record: Record, time: float) -> None:
        a, b, c, d = record.args
        self.last = time
        match record.what:
            case What.USER:
                self.add("i", time, text_of(a, b), "event", s="t", args={"a": c, "b": d})
            case What.SUBMITTED:
                self.calls.setdefault(a, self.names.called(a, b))
                self.flow("s", time, a, "request")
            case What.STARTED:
                self.calls[a] = self.names.method(c, b)
                client = self.names.channels.get(a >> 32, (None,))[0]
                caller = {} if client is None else {"client": self.names.module(client)}
                self.begin(time, self.calls[a], "request", call=f"{a:x}", **caller)
                self.flow("f", time, a, "request")
            case What.RETURNED:
                if b == 0:
                    self.flow("s", time, a, "answer")
                self.end(time, **({"goes_on": True} if b else {}))
            case What.ANSWERED:
                self.flow("s", time, a, "answer")
                if b:
                    self.add("i", time, f"status {b}", "request", s="t", args={"call": f"{a:x}"})
            case What.COMPLETED:
                if c:
                    self.begin(time, f"after {self.calls.get(a, 'a call')}", "answer", call=f"{a:x}")
                self.flow("f", time, a, "answer")
            case What.RESUMED:
                self.begin(time, f"{self.names.module(a)} goes on", "coroutine")
            case What.RESTED | What.CAME_BACK:
                self.end(time)
            case What.CALLED:
                self.calls[a] = self.names.called(a, b)
                self.begin(time, f"{self.calls[a]} (system call)", "call", module=self.names.module(c))
            case What.ASLEEP:
                self.end_all(time)
                self.begin(time, "asleep", "idle")
            case What.AWAKE:
                self.end(time)
            case What.MODULE:
                if b != 1:
                    self.add("i", time, f"{text_of(c, d)}: {NEWS.get(b, '?')}", "module", s="g", args={"id": a & MASK})
            case What.ALLOCATED | What.FREED:
                counts = {"bytes": b, "live": c, "live_bytes": d}
                self.add("i", time, f"{record.what.name.lower()} {self.names.site(a)}", "memory", s="t", args=counts)
            case What.SITE_PAGES:
                change = b - (b >> 63 << 64)
                self.add("i", time, f"pages of {self.names.site(a)}", "memory", s="t", args={"change": change, "pages": c})
            case What.CHANNEL | What.SITE | What.SITE_COUNTS:
                pass


def convert(trace: Trace) -> dict[str, Any]:
    """The document for a file."""
    names = Names(trace.methods)
    everything = [record for ring in trace.rings for record in ring.records]
    for record in everything:
        names.learn(record)
    start = min((record.counter for record in everything), default=0)
    processes = _processes(trace.rings)
    calls: dict[int, str] = {}
    tracks: dict[int, _Track] = {}
    ordered = sorted(
        ((record.counter, ring.track, record) for ring in trace.rings for record in ring.records), key=lambda entry: entry[0]
    )
    for ring in trace.rings:
        tracks.setdefault(ring.track, _Track(processes[ring.domain, _process_name(ring)], ring.track, names, calls))
    for counter, number, record in ordered:
        tracks[number].take(record, trace.nanoseconds(counter - start) / 1000)
    for track in tracks.values():
        track.end_all(track.last)
    events = [event for track in tracks.values() for event in track.events]
    events = _metadata(trace.rings, processes) + sorted(_connected(events), key=lambda event: event["ts"])
    return {"traceEvents": events, "displayTimeUnit": "ns", "otherData": {"rings": [_counts(ring) for ring in trace.rings]}}


def _process_name(ring: Ring) -> str:
    return "kernel" if ring.domain == 0 else ring.name


def _processes(rings: list[Ring]) -> dict[tuple[int, str], int]:
    """A number for each domain: its own, or, if another one had that before, one of its own."""
    numbers: dict[tuple[int, str], int] = {}
    for ring in rings:
        key = (ring.domain, _process_name(ring))
        number = ring.domain
        while key not in numbers and number in numbers.values():
            number += 1000
        numbers.setdefault(key, number)
    return numbers


def _metadata(rings: list[Ring], processes: dict[tuple[int, str], int]) -> list[Event]:
    events: list[Event] = []
    for (_, name), number in processes.items():
        events.append({"ph": "M", "pid": number, "tid": 0, "name": "process_name", "args": {"name": name}})
    for track, ring in {ring.track: ring for ring in rings}.items():
        process = processes[ring.domain, _process_name(ring)]
        events.append({"ph": "M", "pid": process, "tid": track, "name": "thread_name", "args": {"name": ring.name}})
    return events


def _connected(events: list[Event]) -> list[Event]:
    """Without the ends of flows whose other end was lost, or is to come."""
    ends: dict[str, set[str]] = {}
    for event in events:
        if event["ph"] in "sf":
            ends.setdefault(event["id"], set()).add(event["ph"])
    return [event for event in events if event["ph"] not in "sf" or len(ends[event["id"]]) == 2]


def _counts(ring: Ring) -> dict[str, Any]:
    return {
        "ring": ring.number,
        "track": ring.track,
        "name": ring.name,
        "read": len(ring.records),
        "lost": ring.lost,
        "dropped": ring.dropped,
    }
