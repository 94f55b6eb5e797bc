"""What the console of a guest says: without the firmware's banner, without escape codes, with names in back traces."""

import re
from collections.abc import Callable

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[()][A-Z0-9]|[=>78cM])")
_BANNER_START = "OpenSBI v"
_BANNER_END = "Boot HART MEDELEG"

Annotate = Callable[[str], str]


def plain(line: str) -> str:
    """The line without terminal escape codes and carriage returns."""
    return _ESCAPES.sub("", line).replace("\r", "")


class Banner:
    """Recognises OpenSBI's greeting, about 60 lines before the kernel's first, so that it can be left out."""

    def __init__(self) -> None:
        self.over = False
        self._inside = False

    def hides(self, line: str) -> bool:
        """Whether this line, the next one of the console, belongs to the greeting."""
        if self.over:
            return False
        if self._inside:
            self.over = line.startswith(_BANNER_END)
            return True
        if line.startswith(_BANNER_START):
            self._inside = True
            return True
        if line.strip():
            self.over = True  # Something else came first: there is no greeting.
            return False
        return True


def without_banner(lines: list[str]) -> list[str]:
    """The lines that do not belong to the greeting."""
    banner = Banner()
    return [line for line in lines if not banner.hides(line)]


class LineReader:
    """Cuts a byte stream into lines; what is not ended yet is in `rest`."""

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that `data` completes."""
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [line.decode(errors="replace").removesuffix("\r") for line in lines]

    def close(self) -> list[str]:
        """The last line, if its end never came."""
        last, self.rest = self.rest, b""
        return [last.decode(errors="replace").removesuffix("\r")] if last else []


class LiveFilter:
    """Passes bytes on at once, as a terminal needs it, except the greeting; adds names to the ends of trace lines."""

    def __init__(self, annotate: Annotate) -> None:
        self._annotate = annotate
        self._banner = Banner()
        self._line = b""

    def feed(self, data: bytes) -> bytes:
        """What to show for `data`."""
        shown = bytearray()
        for piece in re.findall(rb"[^\n]*\n|[^\n]+", data):
            self._line += piece
            ended = piece.endswith(b"\n")
            if not self._banner.over:
                if ended:
                    line, self._line = self._line, b""
                    if not self._banner.hides(line.decode(errors="replace").rstrip("\r\n")):
                        shown += line
                continue
            if ended:
                line, self._line = self._line, b""
                note = self._annotate(plain(line.decode(errors="replace").rstrip("\r\n")))
                body = piece.rstrip(b"\r\n")
                shown += body + note.encode() + piece[len(body) :] if note else piece
            else:
                shown += piece
        return bytes(shown)
