"""Runs a guest, be it QEMU or a process, whose console nobody watches: line by line, with typed input, and never for
ever.
"""

import ctypes
import fcntl
import os
import re
import selectors
import signal
import subprocess
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cw.console import Annotate, LineReader, plain, without_banner
from cw.failure import Failure

HANG_STATUS = 124  # As timeout(1) has it.
TERM_GRACE_SECONDS = 3.0
TAIL_LINES = 30
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Limits:
    """When a guest counts as hung. Generous: they tell hanging from working, they measure nothing."""

    silence_seconds: float = 60.0
    total_seconds: float | None = None


@dataclass(frozen=True)
class Typed:
    """Text to type on the console once `after` has appeared there since the last typing."""

    after: str
    send: str


@dataclass
class Outcome:
    """How a guest ended. `hang` says why it was stopped, and is empty if it ended by itself."""

    status: int
    seconds: float
    hang: str = ""
    lines: list[str] = field(default_factory=list)

    def tail(self, count: int = TAIL_LINES) -> str:
        """The last lines of the console, without the firmware's greeting if anything came after it."""
        return "\n".join((without_banner(self.lines) or self.lines)[-count:])


def start(argv: Sequence[str], *, terminal: int | None = None) -> subprocess.Popen[bytes]:
    """Starts a guest with its console on pipes or on `terminal`, in a session of its own, and dying with this process.

    Its input has no end: a process on Linux would take that as Ctrl-D.
    """
    libc = ctypes.CDLL(None)

    def begin() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if terminal is not None:
            fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

    try:
        return subprocess.Popen(
            argv,
            stdin=terminal or subprocess.PIPE,
            stdout=terminal or subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=begin,
        )
    except OSError as error:
        raise Failure(f"cannot start {argv[0]}: {error.strerror}") from error


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a guest if it still runs: politely, then, since a hung one may ignore that, for certain."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(TERM_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def run(
    argv: Sequence[str],
    limits: Limits,
    *,
    annotate: Annotate = lambda line: "",
    on_line: Callable[[str], None] = lambda line: None,
    on_idle: Callable[[], None] = lambda: None,
    typed: Sequence[Typed] = (),
) -> Outcome:
    """Runs the guest to its end or its limits.

    Every line, free of escape codes and with what `annotate` adds, goes to `on_line` and into the outcome; `on_idle`
    is called a few times a second.
    """
    begin = time.monotonic()
    outcome = Outcome(status=0, seconds=0.0)
    process = start(argv)
    try:

        def deliver(lines: list[str]) -> None:
            for line in map(plain, lines):
                outcome.lines.append(line + annotate(line))
                on_line(outcome.lines[-1])

        _follow(process, limits, outcome, deliver, on_idle, list(typed))
        if outcome.hang:
            stop(process)
            outcome.status = HANG_STATUS
        else:
            outcome.status = process.wait()
    finally:
        stop(process)
    if outcome.status < 0:
        name = signal.Signals(-outcome.status).name
        outcome.lines.append(f"[{os.path.basename(argv[0])} was ended by {name}]")
        outcome.status = status_of(outcome.status)
    outcome.seconds = time.monotonic() - begin
    return outcome


def status_of(code: int) -> int:
    """The exit status of a process, where subprocess gives the number of a signal as a negative one."""
    return code if code >= 0 else 128 - code


def _follow(
    process: subprocess.Popen[bytes],
    limits: Limits,
    outcome: Outcome,
    deliver: Callable[[list[str]], None],
    on_idle: Callable[[], None],
    typed: list[Typed],
) -> None:
    assert process.stdout is not None
    reader = LineReader()
    unanswered = ""
    begin = last_output = time.monotonic()

    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            ready = selector.select(timeout=0.2)
            now = time.monotonic()
            if ready:
                data = os.read(process.stdout.fileno(), 65536)
                if not data:
                    break
                last_output = now
                deliver(reader.feed(data))
                if typed:
                    unanswered = _answer(process, typed, unanswered + data.decode(errors="replace"))
            on_idle()
            if now - last_output > limits.silence_seconds:
                outcome.hang = f"no output for {limits.silence_seconds:.0f} s"
            elif limits.total_seconds is not None and now - begin > limits.total_seconds:
                outcome.hang = f"still running after {limits.total_seconds:.0f} s"
            if outcome.hang:
                if typed:
                    outcome.hang += f"; still waiting for /{typed[0].after}/ to type {typed[0].send!r}"
                break
    deliver(reader.close())


def _answer(process: subprocess.Popen[bytes], typed: list[Typed], unanswered: str) -> str:
    """Types what is due and returns the console text that no typing has consumed yet."""
    assert process.stdin is not None
    while typed and (match := re.search(typed[0].after, plain(unanswered))):
        unanswered = plain(unanswered)[match.end() :]
        try:
            process.stdin.write(typed.pop(0).send.encode())
            process.stdin.flush()
        except BrokenPipeError:
            typed.clear()
    return unanswered


def describe_hang(outcome: Outcome, reproduce: str) -> str:
    """The message for a guest that was stopped: why, what it said last, how to see it again."""
    return (
        f"the system hung and was stopped: {outcome.hang}\n"
        f"--- last lines of its console ---\n{outcome.tail()}\n--- end ---\nto reproduce: {reproduce}"
    )
