"""Two kinds of charts as SVG: curves over logarithmic axes, and bars against a line. Numbers in, text out."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 1080, 640
LEFT, TOP, BOTTOM = 90, 96, 76
LEGEND = 300  # To the right of the curves.
GOOD, BAD, INK, FAINT = "#2a7f4f", "#c0392b", "#222222", "#dddddd"


@dataclass(frozen=True)
class Curve:
    """Points (x, y), both above 0, with rising x."""

    label: str
    points: Sequence[tuple[float, float]]
    colour: str
    dashed: bool = False
    spread: Sequence[tuple[float, float]] = ()  # Of each point, from and to; or none.


@dataclass(frozen=True)
class Bar:
    """`length` 1 is the target."""

    label: str
    text: str
    length: float
    good: bool


def curves(
    title: str,
    subtitle: str,
    axes: tuple[str, str],
    lines: Sequence[Curve],
    format_x: Callable[[float], str],
    base: int = 2,
) -> str:
    """Both axes logarithmic: x in powers of `base`, y in powers of 10."""
    xs = [x for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points] + [y for line in lines for both in line.spread for y in both]
    if not xs:
        raise ValueError("no points")
    x_low, x_high = math.floor(_log(min(xs), base)), math.ceil(_log(max(xs), base))
    y_low, y_high = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    right, bottom = WIDTH - LEGEND, HEIGHT - BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        across = (_log(x, base) - x_low) / max(1, x_high - x_low)
        up = (math.log10(y) - y_low) / max(1, y_high - y_low)
        return LEFT + across * (right - LEFT), bottom - up * (bottom - TOP)

    parts = _begin(HEIGHT, title, subtitle)
    for power in range(y_low, y_high + 1):
        _, y = at(float(base) ** x_low, 10.0**power)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{FAINT}"/>')
        parts.append(_text(LEFT - 8, y + 4, _per_second(10.0**power), "end"))
    for power in range(x_low, x_high + 1, 1 if x_high - x_low <= 9 else 2):
        x, _ = at(float(base) ** power, 10.0**y_low)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="{FAINT}"/>')
        parts.append(_text(x, bottom + 20, format_x(float(base) ** power), "middle"))
    parts.append(_text((LEFT + right) / 2, HEIGHT - 24, axes[0], "middle", size=14))
    middle = (TOP + bottom) / 2
    parts.append(
        f'<text x="24" y="{middle}" font-size="14" text-anchor="middle" transform="rotate(-90 24 {middle})">'
        f"{escape(axes[1])}</text>"
    )
    for line in lines:
        edge = [at(x, high) for (x, _), (_, high) in zip(line.points, line.spread)]
        edge += reversed([at(x, low) for (x, _), (low, _) in zip(line.points, line.spread)])
        if edge:
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in edge)
            parts.append(f'<polygon points="{path}" fill="{line.colour}" fill-opacity="0.13"/>')
    for row, line in enumerate(lines):
        points = [at(x, y) for x, y in line.points]
        stroke = f'stroke="{line.colour}" stroke-width="2.2"' + (' stroke-dasharray="6 4"' if line.dashed else "")
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" {stroke}/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.8" fill="{line.colour}"/>' for x, y in points]
        y = TOP + 14 + 24 * row
        parts.append(f'<line x1="{right + 18}" y1="{y - 4}" x2="{right + 52}" y2="{y - 4}" {stroke}/>')
        parts.append(_text(right + 60, y, line.label))
    return _end(parts)


def _log(number: float, base: int) -> float:
    return math.log2(number) / math.log2(base)


def bars(title: str, subtitle: str, axis: str, rows: Sequence[Bar], most: float = 2.0) -> str:
    """A bar that ends left of the line at 1 is good. Longer ones than `most` are cut, which an arrow shows."""
    left, right, step = 380, WIDTH - 190, 30
    height = TOP + step * len(rows) + 60
    parts = _begin(height, title, subtitle)
    scale = (right - left) / most
    for tick in (0.0, 0.5, 1.0, 1.5, 2.0):
        x = left + tick * scale
        colour = INK if tick == 1 else FAINT
        parts.append(
            f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{height - 52}" stroke="{colour}"'
            f' stroke-width="{1.6 if tick == 1 else 1}"/>'
        )
        parts.append(_text(x, height - 36, f"{tick:g}", "middle"))
    parts.append(_text((left + right) / 2, height - 14, axis, "middle", size=14))
    for number, bar in enumerate(rows):
        y = TOP + step * number + 4
        colour = GOOD if bar.good else BAD
        length = min(bar.length, most) * scale
        parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="18" fill="{colour}"/>')
        if bar.length > most:
            tip = left + length
            parts.append(f'<path d="M{tip} {y - 3} l12 12 l-12 12 z" fill="{colour}"/>')
        parts.append(_text(left - 8, y + 14, bar.label, "end"))
        parts.append(_text(right + 18, y + 14, bar.text))
    return _end(parts)


def _begin(height: float, title: str, subtitle: str) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
        f' font-family="DejaVu Sans, Verdana, sans-serif" font-size="12" fill="{INK}">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        _text(24, 34, title, size=20),
        _text(24, 58, subtitle, size=11),
    ]


def _end(parts: list[str]) -> str:
    return "\n".join([*parts, "</svg>", ""])


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'


def _per_second(number: float) -> str:
    for unit, name in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= unit:
            return f"{number / unit:g}{name}"
    return f"{number:g}"
