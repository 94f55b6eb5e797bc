"""Compares a console with what a scenario expects, and explains the difference to whoever has to mend it."""

import difflib
import re
from collections.abc import Sequence

CONTEXT_BEFORE = 3
CONTEXT_AFTER = 20


def problems(lines: Sequence[str], expect: Sequence[str], forbid: Sequence[str]) -> list[str]:
    """What is wrong: the first expectation that was not seen in its order, and everything forbidden."""
    found = _out_of_order(lines, expect)
    text = "\n".join(lines)
    for pattern in forbid:
        if match := re.search(pattern, text, re.MULTILINE):
            number = _line_of(text, match.start())
            found.append(f"forbidden /{pattern}/ is in line {number + 1}:\n{excerpt(lines, number)}")
    return found


def _out_of_order(lines: Sequence[str], expect: Sequence[str]) -> list[str]:
    text = "\n".join(lines)
    position = 0
    last = -1  # Line of the expectation before.
    for index, pattern in enumerate(expect):
        match = re.compile(pattern, re.MULTILINE).search(text, position)
        if match is None:
            return [_explain(lines, expect, index, last)]
        position = match.end()
        last = _line_of(text, max(match.start(), match.end() - 1))
    return []


def _explain(lines: Sequence[str], expect: Sequence[str], index: int, last: int) -> str:
    pattern = expect[index]
    parts = [f"expectation {index + 1} of {len(expect)} was not seen: /{pattern}/"]
    if index > 0:
        parts.append(f"  the one before, /{expect[index - 1]}/, is in line {last + 1}")
    before = re.compile(pattern, re.MULTILINE).search("\n".join(lines[: last + 1]))
    if before:
        parts.append("  it is in the console, but earlier: the order is wrong")
    elif near := _nearest(lines, pattern, last):
        parts.append(f"  the line most like it after that: {near}")
    parts.append(excerpt(lines, max(last, 0)))
    return "\n".join(parts)


def _nearest(lines: Sequence[str], pattern: str, last: int) -> str:
    words = re.sub(r"\\.|[\^$.*+?()\[\]{}|]", " ", pattern)
    near = difflib.get_close_matches(words, lines[last + 1 :], n=1, cutoff=0.5)
    return near[0] if near else ""


def excerpt(lines: Sequence[str], number: int) -> str:
    """Lines around `number`, numbered, that one marked."""
    start, end = max(0, number - CONTEXT_BEFORE), min(len(lines), number + CONTEXT_AFTER + 1)
    shown = [f"  {'>' if i == number else ' '} {i + 1:4} | {lines[i]}" for i in range(start, end)]
    if end < len(lines):
        shown.append(f"         ... {len(lines) - end} more lines")
    elif end == len(lines):
        shown.append("         (end of the console)")
    return "\n".join(shown)


def _line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset)
