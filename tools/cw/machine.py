"""What a run asks of the machine under it."""

from dataclasses import dataclass
from pathlib import Path

from cw.directories import Granted


@dataclass(frozen=True)
class Machine:
    """None and what is empty leave it to the host."""

    harts: int | None = None
    memory_mb: int | None = None
    icount: bool = False  # Counts instructions exactly, at the price of one host thread for all harts.
    append: str = ""  # Boot arguments: text for the nucleus.
    extra: tuple[str, ...] = ()  # More QEMU arguments, for example devices.
    directories: tuple[Granted, ...] = ()  # Of this machine, for the module `file`.
    files: tuple[Path, ...] = ()  # Single ones, as files/NAME.
