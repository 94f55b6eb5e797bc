"""What a viewer of Chrome's trace events relies on, and what this system promises beyond: checked by tests."""

from collections.abc import Iterator
from typing import Any

Event = dict[str, Any]


def problems(document: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a document; nothing if it is in order."""
    events: list[Event] = document["traceEvents"]
    yield from _fields(events)
    tracks: dict[tuple[int, int], list[Event]] = {}
    for event in events:
        if event["ph"] != "M":
            tracks.setdefault((event["pid"], event["tid"]), []).append(event)
    named = {(event["pid"], event["tid"]) for event in events if event["name"] == "thread_name"}
    for track, there in tracks.items():
        if track not in named:
            yield f"track {track} has no name"
        yield from _track(track, there)
    yield from _flows(events)


def slices(document: dict[str, Any], category: str) -> list[Event]:
    """The beginnings of slices of one category."""
    return [event for event in document["traceEvents"] if event["ph"] == "B" and event["cat"] == category]


def _fields(events: list[Event]) -> Iterator[str]:
    for event in events:
        needed = {"ph", "pid", "tid", "name"} | (set() if event["ph"] == "M" else {"ts"})
        if missing := needed - set(event):
            yield f"{event} has no {missing}"
        if event["ph"] not in "BEXisfM":
            yield f"{event} is of no kind that is known"


def _track(track: tuple[int, int], events: list[Event]) -> Iterator[str]:
    time = 0.0
    open_slices: list[str] = []
    for event in events:
        if event["ts"] < time:
            yield f"track {track}: {event} comes before {time}"
        time = event["ts"]
        if event["ph"] == "B":
            open_slices.append(event["name"])
        elif event["ph"] == "E" and (not open_slices or open_slices.pop() != event["name"]):
            yield f"track {track}: {event} ends what did not begin last"
    if open_slices:
        yield f"track {track}: {open_slices} never end"


def _flows(events: list[Event]) -> Iterator[str]:
    starts: dict[str, float] = {}
    for event in events:
        if event["ph"] == "s":
            starts[event["id"]] = event["ts"]
    ends = {event["id"]: event["ts"] for event in events if event["ph"] == "f"}
    for name in starts.keys() ^ ends.keys():
        yield f"flow {name} has one end only"
    for name in starts.keys() & ends.keys():
        if ends[name] < starts[name]:
            yield f"flow {name} arrives before it leaves"
