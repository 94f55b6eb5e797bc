"""Says what takes long. Nothing is printed in the first two seconds; then one line, kept current on a terminal."""

import sys
import time

QUIET_SECONDS = 2.0
REPEAT_SECONDS = 10.0  # between lines where the output is not a terminal


class Progress:
    """Use as a context manager around the work, calling tick() a few times a second."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._start = time.monotonic()
        self._next = self._start + QUIET_SECONDS
        self._shown = False
        self._terminal = sys.stderr.isatty()

    def __enter__(self) -> "Progress":
        return self

    def tick(self, detail: str = "") -> None:
        """Shows the label, the seconds so far and `detail` if it is time to."""
        now = time.monotonic()
        if now < self._next:
            return
        text = f"cw: {self._label}, {now - self._start:.0f} s"
        if detail:
            text += f": {detail}"
        if self._terminal:
            sys.stderr.write("\r\033[K" + text[:100])
            self._next = now + 0.5
        else:
            sys.stderr.write(text[:200] + "\n")
            self._next = now + REPEAT_SECONDS
        sys.stderr.flush()
        self._shown = True

    def __exit__(self, kind: object, value: object, trace: object) -> None:
        if not self._shown:
            return
        if self._terminal:
            sys.stderr.write("\r\033[K")
        outcome = "done" if kind is None else "stopped"
        sys.stderr.write(f"cw: {self._label}: {outcome} after {time.monotonic() - self._start:.0f} s\n")
        sys.stderr.flush()
