"""The code blocks of a document in Markdown, as the build and the tests see them.

    ```cpp modules/NAME/PATH     a piece of that file; pieces of one file are joined in order
    ```cpp NAME.cpp              the same of a programme, in a document of programmes
    ```console                   commands, each after `$ `, and what they print

A document that is checked has no other blocks: what cannot be checked is prose.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"```(\S*) ?(.*)")
SOURCE = re.compile(r"modules/([a-z][a-z0-9_]*)/([a-z0-9_/]+\.[ch]pp)")
PROGRAMME = re.compile(r"[a-z][a-z0-9_]*\.cpp")


class BadBlock(Exception):
    """A block that cannot be checked."""


@dataclass(frozen=True)
class Block:
    """One fenced block; `line` is that of its first line of text."""

    kind: str
    target: str
    line: int
    text: str


def blocks(document: Path, source: re.Pattern[str] = SOURCE) -> list[Block]:
    """All blocks, in order; `source` says which files they may make."""
    found: list[Block] = []
    begin, head, body = 0, None, []
    for number, line in enumerate(document.read_text().splitlines(), start=1):
        if head is None:
            if line.startswith("    "):
                raise BadBlock(f"{document.name}:{number}: indented text is code that nobody checks; use a fence")
            if head := FENCE.fullmatch(line):
                begin, body = number + 1, []
        elif line == "```":
            found.append(Block(head[1], head[2], begin, "".join(f"{text}\n" for text in body)))
            head = None
        else:
            body.append(line)
    if head is not None:
        raise BadBlock(f"{document.name}:{begin}: the block has no end")
    for block in found:
        if not (block.kind == "console" and not block.target) and not (
            block.kind == "cpp" and source.fullmatch(block.target)
        ):
            raise BadBlock(f"{document.name}:{block.line}: neither `console` nor `cpp` and the name of a file")
    return found


def sources(document: Path, source: re.Pattern[str] = SOURCE) -> dict[str, str]:
    """The files that the blocks make, with the document's lines for the compiler's messages."""
    files: dict[str, str] = {}
    for block in blocks(document, source):
        if block.kind == "cpp":
            files.setdefault(block.target, "")
            files[block.target] += f'#line {block.line} "docs/{document.name}"\n{block.text}'
    return files


def modules(document: Path) -> list[str]:
    """The modules whose sources the document has."""
    return sorted({match[1] for path in sources(document) if (match := SOURCE.fullmatch(path))})


def sessions(document: Path, source: re.Pattern[str] = SOURCE) -> Iterator[tuple[int, str, str]]:
    """(line, command, output) of every command in the document."""
    for block in blocks(document, source):
        if block.kind == "console":
            for part in re.split(r"(?m)^\$ ", block.text)[1:]:
                command, _, output = part.partition("\n")
                yield block.line, command, output


def pattern(output: str) -> str:
    """`...` as a line stands for any lines, within a line for any text."""
    lines = []
    for line in output.splitlines():
        lines.append("(?:.*\n)*?" if line == "..." else ".*".join(map(re.escape, line.split("..."))) + "\n")
    return "".join(lines)
