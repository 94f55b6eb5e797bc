"""Runs the programs that do the work (cmake, ninja, apt-get): quiet, logged in full, explained when they fail."""

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from cw import paths
from cw.failure import Failure
from cw.progress import Progress

POLL_SECONDS = 0.2
TAIL_LINES = 40


def run_step(
    label: str,
    argv: Sequence[str],
    log_name: str,
    *,
    cwd: Path = paths.ROOT,
    env: Mapping[str, str] | None = None,
) -> str:
    """Runs `argv` with its output in build/log/LOG_NAME.txt and returns that text; Failure shows its relevant part."""
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    log = paths.LOGS / f"{log_name}.txt"
    try:
        with log.open("wb") as sink, Progress(label) as progress:
            sink.write(f"$ {shlex.join(argv)}\n".encode())
            sink.flush()
            environment = {**os.environ, **env} if env else None
            with subprocess.Popen(argv, cwd=cwd, env=environment, stdout=sink, stderr=subprocess.STDOUT) as process:
                while True:
                    try:
                        status = process.wait(POLL_SECONDS)
                        break
                    except subprocess.TimeoutExpired:
                        progress.tick(_last_line(log))
            text = log.read_text(errors="replace")
            if status != 0:
                raise Failure(
                    f"{label} failed with status {status}\n{relevant_part(text)}\n"
                    f"  command: {shlex.join(argv)}\n  full log: {paths.shown(log)}"
                )
    except FileNotFoundError as error:
        raise Failure(f"{label}: cannot start {argv[0]}: {error.strerror}") from error
    return text


def relevant_part(text: str) -> str:
    """The lines from the first thing that failed, or else the last lines: what explains a failed build."""
    lines = text.rstrip().splitlines()
    for index, line in enumerate(lines):
        if line.startswith(("FAILED:", "CMake Error")):
            return "\n".join(lines[index : index + TAIL_LINES])
    return "\n".join(lines[-TAIL_LINES:])


def _last_line(log: Path) -> str:
    with log.open("rb") as source:
        source.seek(0, os.SEEK_END)
        source.seek(max(0, source.tell() - 2048))
        lines = source.read().decode(errors="replace").replace("\r", "\n").strip().splitlines()
    return lines[-1] if lines else ""
