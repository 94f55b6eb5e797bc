"""Connects the user's terminal to a guest's console: raw, so that Ctrl-C and Tab reach the guest's shell."""

import os
import selectors
import socket
import sys
import termios
import tty

from cw import guest
from cw.console import Annotate, LiveFilter

LEAVE_HINT = "Leave with the command `poweroff`, or with Ctrl-A and then X."
_CTRL_A = 0x01


class EscapeKey:
    """Watches what is typed for Ctrl-A X (leave); Ctrl-A Ctrl-A types one Ctrl-A."""

    def __init__(self) -> None:
        self.leave = False
        self._armed = False

    def feed(self, data: bytes) -> bytes:
        """What of `data` goes to the guest."""
        passed = bytearray()
        for byte in data:
            if self._armed:
                self._armed = False
                if byte in b"xX":
                    self.leave = True
                    break
                if byte != _CTRL_A:
                    passed.append(_CTRL_A)
                passed.append(byte)
            elif byte == _CTRL_A:
                self._armed = True
            else:
                passed.append(byte)
        return bytes(passed)


def run(argv: list[str], annotate: Annotate) -> int:
    """Runs the guest on this terminal until it ends or the user leaves (status 130)."""
    print(f"cw: {LEAVE_HINT}", file=sys.stderr)
    process = guest.start(argv, typed=True)
    assert process.stdin is not None and process.stdout is not None
    try:
        left = _relay(process.stdout.fileno(), process.stdin.fileno(), annotate)
        return 130 if left else process.wait()
    finally:
        guest.stop(process)


def attach(path: str, annotate: Annotate) -> None:
    """Shows the console behind a Unix socket until it closes or the user leaves."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        _relay(connection.fileno(), connection.fileno(), annotate)


def _relay(source: int, sink: int, annotate: Annotate) -> bool:
    """Copies both ways until `source` ends (False) or the user leaves (True)."""
    keyboard, screen = sys.stdin.fileno(), sys.stdout.fileno()
    console, keys = LiveFilter(annotate), EscapeKey()
    saved = termios.tcgetattr(keyboard)
    tty.setraw(keyboard)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(source, selectors.EVENT_READ)
            selector.register(keyboard, selectors.EVENT_READ)
            while not keys.leave:
                for key, _ in selector.select():
                    data = os.read(key.fd, 4096)
                    if key.fd == source:
                        if not data:
                            return False
                        _write_all(screen, console.feed(data))
                    else:
                        _write_all(sink, keys.feed(data))
        _write_all(screen, b"\r\n")  # The guest's prompt is still there.
        return True
    except BrokenPipeError:
        return False
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, saved)


def _write_all(sink: int, data: bytes) -> None:
    while data:
        data = data[os.write(sink, data) :]


def is_terminal() -> bool:
    """Whether a person sits at both ends of this process."""
    return sys.stdin.isatty() and sys.stdout.isatty()
