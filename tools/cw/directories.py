"""Directories of this machine that a system on Linux may use files of: those a person names, and those a test makes."""

import os
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cw import paths
from cw.failure import Failure

READ_ONLY = ":ro"


@dataclass(frozen=True)
class Granted:
    """One directory, as the system knows it."""

    name: str
    path: Path
    read_only: bool = False

    @property
    def word(self) -> str:
        """Among the words that start the system."""
        return f"dir={self.name}={self.path}{READ_ONLY if self.read_only else ''}"


def parse(text: str) -> Granted:
    """NAME=PATH or NAME=PATH:ro."""
    name, separator, path = text.partition("=")
    read_only = path.endswith(READ_ONLY)
    path = path.removesuffix(READ_ONLY)
    if not separator or not name or not path:
        raise Failure(f"--dir {text}: want NAME=PATH or NAME=PATH:ro", status=2)
    if not Path(path).is_dir():
        raise Failure(f"--dir {text}: {path} is no directory", status=2)
    return Granted(name, Path(path).resolve(), read_only)


@dataclass(frozen=True)
class Item:
    """Something in a directory that a test makes: exactly one of the last four."""

    name: str
    data: bytes | None = None
    link: str | None = None
    folder: bool = False
    pipe: bool = False

    def make(self, root: Path) -> None:
        path = root / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.data is not None:
            path.write_bytes(self.data)
        elif self.link is not None:
            path.symlink_to(self.link)
        elif self.folder:
            path.mkdir(exist_ok=True)
        else:
            os.mkfifo(path)


def content(text: str | None, size: int | None, seed: int) -> bytes | None:
    """What a test's file holds: this text, or so many pseudo-random bytes."""
    if text is not None:
        return text.encode()
    return None if size is None else random.Random(seed).randbytes(size)


@dataclass(frozen=True)
class Wanted:
    """A directory that a test makes, and what must be in it afterwards."""

    name: str
    read_only: bool
    items: tuple[Item, ...]
    left: tuple[tuple[str, bytes | None], ...]  # File and content; None: there must be no such file.


class Made:
    """The directories of one run of a test. Beside each lies `outside.txt`, which is not to be reached."""

    def __init__(self, wanted: Sequence[Wanted], folder: Path) -> None:
        self.wanted = wanted
        self.folder = folder
        (folder / "outside.txt").write_text("outside\n")
        for directory in wanted:
            root = folder / directory.name
            root.mkdir()
            for item in directory.items:
                item.make(root)

    @property
    def granted(self) -> tuple[Granted, ...]:
        return tuple(Granted(wanted.name, self.folder / wanted.name, wanted.read_only) for wanted in self.wanted)

    def problems(self) -> list[str]:
        """What is not as it must be after the run."""
        wrong = []
        for directory in self.wanted:
            for name, data in directory.left:
                path = self.folder / directory.name / name
                if data is None and path.exists():
                    wrong.append(f"{directory.name}/{name} is there afterwards")
                elif data is not None and not path.is_file():
                    wrong.append(f"{directory.name}/{name} is not there afterwards")
                elif data is not None and path.read_bytes() != data:
                    wrong.append(f"{directory.name}/{name} holds something else: {path.read_bytes()[:200]!r}")
        if (self.folder / "outside.txt").read_text() != "outside\n":
            wrong.append("what lies outside of the directories was written to")
        return wrong


@contextmanager
def made(wanted: Sequence[Wanted]) -> Iterator[Made]:
    """Makes the directories of a test, for the time of a run."""
    paths.RUNS.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="directories.", dir=paths.RUNS))
    try:
        yield Made(wanted, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)

