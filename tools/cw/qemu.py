"""Bare metal as a QEMU command line. CW_QEMU names another QEMU, which is how tests plant a fake."""

import os
from pathlib import Path

from cw.failure import Failure
from cw.machine import Machine

DEFAULT_MEMORY_MB = 512
# Beside the archive: kernel, page tables, module heaps and the buffers files are read into.
WORKING_MEMORY_MB = 384
# QEMU puts the initrd 128 MiB above the kernel and the device tree just below 3 GiB: what is longer would overlap it.
MAX_ARCHIVE_MB = 832
DEFAULT_HARTS = 1
MAX_HARTS = 8


def program() -> str:
    """The QEMU to start."""
    return os.environ.get("CW_QEMU", "qemu-system-riscv64")


def check(machine: Machine) -> None:
    """Refuses what the machine does not have."""
    if machine.harts is not None and not 1 <= machine.harts <= MAX_HARTS:
        raise Failure(f"{machine.harts} harts asked for; the machine has 1 to {MAX_HARTS}", status=2)


def command(machine: Machine, kernel: Path, archive: Path, *, serial: str = "stdio") -> list[str]:
    """Arguments that boot `kernel` with `archive` and the first UART on `serial`."""
    memory_mb = memory_for(archive.stat().st_size, machine.memory_mb)
    argv = [program(), "-M", "virt,aclint=on", "-m", f"{memory_mb}M", "-smp", str(machine.harts or DEFAULT_HARTS)]
    argv += ["-display", "none", "-monitor", "none", "-serial", serial, "-no-reboot", "-bios", "default"]
    argv += ["-kernel", str(kernel), "-initrd", str(archive)]
    if machine.append:
        argv += ["-append", machine.append]
    if machine.icount:
        argv += ["-icount", "shift=0,sleep=off"]
    return argv + list(machine.extra)


def memory_for(archive_bytes: int, wanted_mb: int | None = None) -> int:
    """Megabytes of memory for a system with an archive of that size; `wanted_mb` is obeyed if the archive fits."""
    archive_mb = (archive_bytes + (1 << 20) - 1) >> 20
    if archive_mb > MAX_ARCHIVE_MB:
        raise Failure(f"the files take {archive_mb} MiB; an archive can hold {MAX_ARCHIVE_MB}")
    least = archive_mb + 192
    if wanted_mb is None:
        return max(DEFAULT_MEMORY_MB, (archive_mb + WORKING_MEMORY_MB + 63) // 64 * 64)
    if wanted_mb < least:
        raise Failure(f"--memory {wanted_mb} is too small for these files; at least {least}", status=2)
    return wanted_mb
