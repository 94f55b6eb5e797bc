"""Connects the user's terminal to a guest's console: raw, so that Ctrl-C and Tab reach the guest's shell."""

import errno
import os
import selectors
import signal
import socket
import sys
import termios
import tty

from cw import guest
from cw.console import Annotate, LiveFilter
from cw.host import Host

LEFT_STATUS = 130
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


def run(host: Host, argv: list[str], annotate: Annotate) -> int:
    """Runs the guest on this terminal until it ends or the user leaves (status 130)."""
    key = "Ctrl-\\" if host.takes_terminal else "Ctrl-A and then X"
    print(f"cw: Leave with the command `poweroff`, or with {key}.", file=sys.stderr)
    return (_run_on_terminal if host.takes_terminal else _run_on_pipes)(argv, annotate)


def _run_on_pipes(argv: list[str], annotate: Annotate) -> int:
    process = guest.start(argv)
    assert process.stdin is not None and process.stdout is not None
    try:
        left = _relay(process.stdout.fileno(), process.stdin.fileno(), annotate, EscapeKey())
        return LEFT_STATUS if left else guest.status_of(process.wait())
    finally:
        guest.stop(process)


def _run_on_terminal(argv: list[str], annotate: Annotate) -> int:
    """Gives the guest a terminal of its own, so that its output can be annotated; what keys mean is its business."""
    ours, its = os.openpty()
    try:
        process = guest.start(argv, terminal=its)
        os.close(its)
        try:
            _relay(ours, ours, annotate, None)
            code = process.wait()
            return LEFT_STATUS if code == -signal.SIGQUIT else guest.status_of(code)
        finally:
            guest.stop(process)
    finally:
        os.close(ours)


def attach(path: str, annotate: Annotate) -> None:
    """Shows the console behind a Unix socket until it closes or the user leaves."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        _relay(connection.fileno(), connection.fileno(), annotate, EscapeKey())


def _relay(source: int, sink: int, annotate: Annotate, keys: EscapeKey | None) -> bool:
    """Copies both ways until `source` ends (False) or the user leaves by one of `keys` (True)."""
    keyboard, screen = sys.stdin.fileno(), sys.stdout.fileno()
    console = LiveFilter(annotate)
    saved = termios.tcgetattr(keyboard)
    tty.setraw(keyboard)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(source, selectors.EVENT_READ)
            selector.register(keyboard, selectors.EVENT_READ)
            while keys is None or not keys.leave:
                for key, _ in selector.select():
                    data = _read(key.fd)
                    if key.fd == source:
                        if not data:
                            return False
                        _write_all(screen, console.feed(data))
                    elif not data:
                        return True  # The user's terminal is gone.
                    else:
                        _write_all(sink, keys.feed(data) if keys else data)
        _write_all(screen, b"\r\n")  # The guest's prompt is still there.
        return True
    except BrokenPipeError:
        return False
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, saved)


def _read(source: int) -> bytes:
    try:
        return os.read(source, 4096)
    except OSError as error:
        if error.errno == errno.EIO:  # how a terminal says that nobody is at its other end
            return b""
        raise


def _write_all(sink: int, data: bytes) -> None:
    while data:
        data = data[os.write(sink, data) :]


def is_terminal() -> bool:
    """Whether a person sits at both ends of this process."""
    return sys.stdin.isatty() and sys.stdout.isatty()
