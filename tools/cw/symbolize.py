"""Names for addresses: a line with `@frame ADDRESS [module=NAME offset=0x..]` gets ` function+0x12 (file:line)` added.

The first frame of a trace is where the processor was; the others are return addresses, which point behind the call
and, when the called function never returns, even into the next function. Those are looked up one byte earlier.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

from cw.host import Host

_FRAME = re.compile(r"@frame (0x[0-9a-fA-F]+)(?: module=(\S+) offset=(0x[0-9a-fA-F]+))?")
PROGRAMS = ("llvm-symbolizer-19", "llvm-symbolizer")


class Symbolizer:
    """Annotates console lines in order; keeps track of where a trace begins."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._program = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
        self._in_trace = False
        self._known: dict[tuple[Path, int], str] = {}

    def annotate(self, line: str) -> str:
        """What to append to this line of the console; nothing for most lines."""
        match = _FRAME.search(line)
        if match is None:
            self._in_trace = False
            return ""
        is_return_address, self._in_trace = self._in_trace, True
        if match[2]:
            symbols, address = self._host.symbols(match[2]), int(match[3], 16)
        else:
            symbols, address = self._host.nucleus_symbols, int(match[1], 16)
        if symbols is None or not symbols.exists():
            return ""
        name = self._look_up(symbols, address, 1 if is_return_address and address > 0 else 0)
        return f" {name}" if name else ""

    def _look_up(self, symbols: Path, address: int, back: int) -> str:
        key = (symbols, address - back)
        if key not in self._known:
            self._known[key] = self._ask(symbols, address - back, back)
        return self._known[key]

    def _ask(self, symbols: Path, address: int, back: int) -> str:
        if self._program is None:
            return ""
        query = [self._program, "--output-style=JSON", f"--obj={symbols}", hex(address)]
        try:
            answer = subprocess.run(query, capture_output=True, text=True, check=True, timeout=20)
            frames = json.loads(answer.stdout)[0]["Symbol"]
        except (subprocess.SubprocessError, ValueError, LookupError):
            return ""
        return format_frames(frames, address, back)


def format_frames(frames: list[dict[str, object]], address: int, back: int) -> str:
    """llvm-symbolizer's answer for one address as text, the innermost inlined function first."""
    texts = []
    for frame in frames:
        name = str(frame.get("FunctionName") or "")
        if not name:
            continue
        start = str(frame.get("StartAddress") or "")
        # An inlined function has no start address of its own.
        if start and frame is frames[-1]:
            name += f"+{address + back - int(start, 16):#x}"
        if frame.get("FileName"):
            name += f" ({source_name(str(frame['FileName']))}:{frame.get('Line', 0)})"
        texts.append(name)
    return ", inlined into ".join(texts)


def source_name(path: str) -> str:
    """A source's path in the repository. The compiler writes `.` for its root, also in front of the build folder."""
    return path.rpartition("/./")[2].removeprefix("./")
