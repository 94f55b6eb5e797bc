"""The pictures of a run: its ratios against their targets, and calls per second against payload and depth."""

from collections.abc import Callable, Sequence
from pathlib import Path

from cw.failure import Failure
from cw.native import svg
from cw.native.ratios import Rounds, Verdict

_PS = 1e12  # Picoseconds in a second.

# Last part of a figure's name "sweep.KIND.WHERE.AT": how it is called, its colour, whether it is a peer.
PAYLOAD = (
    ("direct", "same process: direct", "#1f77b4", False),
    ("process", "another process: ring", "#2ca02c", False),
    ("kernel", "in the nucleus, own thread: ring", "#9467bd", False),
    ("sync", "in the nucleus, synchronous", "#17becf", False),
    ("pipe", "pipe", "#d62728", True),
    ("unix", "Unix stream socket", "#ff7f0e", True),
)
DEPTH = (*PAYLOAD, ("io_uring_nop", "io_uring NOP (no other side)", "#7f7f7f", True))
SHAPER = PAYLOAD[1:3]


def _per_second(ps: float) -> float:
    return _PS / ps


def _parts(of_a_million: float) -> float:
    return max(of_a_million, 1.0)  # An axis of powers knows no 0.


def _count(number: float) -> str:
    return f"{number:g}" if number < 1e4 else f"{number / 1e3:g} k" if number < 1e6 else f"{number / 1e6:g} M"


def write(folder: Path, subtitle: str, rounds: Rounds, verdicts: Sequence[Verdict]) -> list[Path]:
    """Writes ratios.svg, payload.svg, depth.svg and shaper.svg, and returns their paths."""
    texts = {
        "ratios.svg": ratios(subtitle, verdicts),
        "payload.svg": svg.curves(
            "Calls per second against payload, one call at a time (medians; shaded: quartiles)",
            subtitle,
            ("payload, bytes: all of it written by the caller and read by the callee", "calls per second"),
            lines(rounds, "payload", PAYLOAD),
            _bytes,
        ),
        "depth.svg": svg.curves(
            "Calls per second against calls in flight, 48 bytes each way (medians; shaded: quartiles)",
            subtitle,
            ("calls in flight: sent together, then awaited together", "calls per second"),
            lines(rounds, "depth", DEPTH),
            lambda depth: f"{depth:g}",
        ),
        "shaper.svg": svg.curves(
            "Error of 64 rates against how often they are changed (the worst of them; medians; shaded: quartiles)",
            subtitle,
            ("stores a second to the cells of a shaper that sends meanwhile", "error of 10^6 of what a rate allowed"),
            lines(rounds, "shaper", SHAPER, _parts),
            _count,
            base=10,
        ),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text)
    except OSError as error:
        raise Failure(f"cannot write the pictures: {error.filename}: {error.strerror}") from error
    return [folder / name for name in texts]


def ratios(subtitle: str, verdicts: Sequence[Verdict]) -> str:
    """Every comparison that has a target."""
    rows = []
    for verdict in verdicts:
        row = verdict.comparison
        if verdict.met is None or verdict.limit is None:
            continue
        spread = verdict.ratio if row.ratio_to else verdict.value
        assert spread is not None
        label = f"{row.name} / {row.ratio_to}" if row.ratio_to else row.name
        text = f"{spread.median:.2f}, at most {verdict.limit:g}"
        rows.append(svg.Bar(label, text, spread.median / verdict.limit, verdict.met))
    title = "Ratios to peers of the same run; a bar left of the line at 1 meets its target"
    return svg.bars(title, subtitle, "ratio measured / ratio aimed at", rows)


def lines(
    rounds: Rounds,
    kind: str,
    places: Sequence[tuple[str, str, str, bool]],
    height: Callable[[float], float] = _per_second,
) -> list[svg.Curve]:
    """The curves of one sweep: those that were measured. `height` makes of a figure what is drawn."""
    found = []
    for where, label, colour, peer in places:
        prefix = f"sweep.{kind}.{where}."
        at = sorted(
            (int(name.removeprefix(prefix)), series.spread())
            for name, series in rounds.series.items()
            if name.startswith(prefix)
        )
        if at:
            points = [(x, height(spread.median)) for x, spread in at]
            ends = [(height(spread.low), height(spread.high)) for _, spread in at]
            ranges = [(min(both), max(both)) for both in ends]
            found.append(svg.Curve(label, points, colour, peer, ranges))
    return found


def _bytes(number: float) -> str:
    for unit, name in ((1 << 20, "Mi"), (1 << 10, "Ki")):
        if number >= unit:
            return f"{number / unit:g} {name}"
    return f"{number:g}"
