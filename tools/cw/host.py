"""Where a system runs: on bare metal, which is QEMU, or on Linux as processes. What differs between the two is here."""

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path

from cw import paths, qemu
from cw.failure import Failure
from cw.machine import Machine


@dataclass(frozen=True)
class Host(ABC):
    """One of the two, or a variant of it."""

    name: str  # Of the option --host; tests are named after it.
    preset: str  # Of CMake; also what scenarios call it.
    target: str | None  # What of the preset is to be built; None: all.
    nucleus_file: str  # In the build folder; the vDSO with its symbols is beside it.
    build_packages: str  # Groups of tools/packages.txt: what a build needs,
    run_packages: str  # and a run.
    counts_instructions: bool
    reads_files: bool  # Of this machine, where they are; otherwise they are packed into the archive.
    takes_terminal: bool  # Makes a terminal raw itself; otherwise these tools do, and are left with Ctrl-A X.

    @property
    def build(self) -> Path:
        """The folder of its CMake preset."""
        return paths.BUILD / self.preset

    @property
    def nucleus(self) -> Path:
        """The kernel, or the programme that is started."""
        return self.build / self.nucleus_file

    @property
    def modules(self) -> Path:
        """NAME.cwm and, beside it, its symbols: what every system has."""
        return self.build / "modules"

    @property
    def test_modules(self) -> Path:
        """The same, of what only tests load."""
        return self.build / "tests"

    def symbols(self, module: str) -> Path | None:
        """The file with the symbols of a module, or of the vDSO: the unstripped ELF, or the file itself."""
        for folder in (self.modules, self.test_modules, self.nucleus.parent):
            for suffix in (".elf", ".cwm"):
                path = folder / f"{module}{suffix}"
                if path.exists():
                    return path
        return None

    @property
    @abstractmethod
    def nucleus_symbols(self) -> Path | None:
        """What names an address in no module; None if that cannot be told from the address."""

    @property
    @abstractmethod
    def harts(self) -> int | None:
        """How many harts a system has here; None if a run may choose."""

    @abstractmethod
    def check(self, machine: Machine) -> None:
        """Refuses what cannot be had here. Called before anything is built."""

    @abstractmethod
    def command(self, machine: Machine, archive: Path) -> list[str]:
        """Arguments that start a system with its console on standard input and output."""


class _BareMetal(Host):
    @property
    def nucleus_symbols(self) -> Path | None:
        return self.nucleus

    @property
    def harts(self) -> int | None:
        return None

    def check(self, machine: Machine) -> None:
        if machine.directories:
            raise Failure("--dir: bare metal has no files of this machine; run with --host=linux", status=2)
        qemu.check(machine)

    def command(self, machine: Machine, archive: Path) -> list[str]:
        return qemu.command(machine, self.nucleus, archive)


class _Processes(Host):
    @property
    def nucleus_symbols(self) -> Path | None:
        return None  # Linux puts it where it likes.

    @property
    def harts(self) -> int | None:
        return os.sysconf("SC_NPROCESSORS_ONLN")

    def check(self, machine: Machine) -> None:
        asked = {
            "--harts": machine.harts is not None,
            "--icount": machine.icount,
            "--qemu-arg": bool(machine.extra),
        }
        refused = " and ".join(option for option, given in asked.items() if given)
        if refused:
            raise Failure(
                f"{refused}: only QEMU has that; on Linux the system has the processors of this machine."
                " Leave it out, or run with --host=riscv64",
                status=2,
            )

    def command(self, machine: Machine, archive: Path) -> list[str]:
        memory = [] if machine.memory_mb is None else [f"memory={machine.memory_mb}"]
        granted = [directory.word for directory in machine.directories]
        granted += [f"file={path.absolute()}" for path in machine.files]
        words = [*memory, *granted, *machine.append.split()]
        return [str(self.nucleus), str(archive), *words]


RISCV64 = _BareMetal(
    "riscv64",
    "riscv64",
    None,
    "kernel/causeway.elf",
    "build",
    "run",
    counts_instructions=True,
    reads_files=False,
    takes_terminal=False,
)
LINUX = _Processes(
    "linux",
    "linux",
    None,
    "hosted/causeway",
    "linux",
    "linux",
    counts_instructions=False,
    reads_files=True,
    takes_terminal=True,
)
HOSTS = {host.name: host for host in (RISCV64, LINUX)}
# The nucleus under a sanitizer, with the modules of LINUX: every scenario of that runs on them as well.
SANITIZED = {
    host.name: host
    for sanitizer, name in (("address", "linux-asan"), ("thread", "linux-tsan"))
    for host in [replace(LINUX, name=name, target=f"causeway_{sanitizer}", nucleus_file=f"hosted/causeway_{sanitizer}")]
}
