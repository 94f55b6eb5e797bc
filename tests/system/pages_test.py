"""No page that a user domain may read, and not write, holds a pointer of the nucleus."""

import mmap
import re
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = 4096
sys.path.insert(0, str(ROOT / "tools"))


def pointers(page: bytes, ranges: list[tuple[int, int]]) -> list[str]:
    """Words of a page that lie in one of the ranges."""
    words = struct.unpack(f"<{len(page) // 8}Q", page)
    return [
        f"{word:#x} at {8 * place:#x}"
        for place, word in enumerate(words)
        if any(begin <= word < end for begin, end in ranges)
    ]


class BareMetal:
    """The memory of a machine that stands still in a user domain."""

    RAM = 0x8000_0000
    MEGABYTES = 512
    # kernel/layout.hpp, without the last 16 MiB: small negative numbers.
    KERNEL = [(0xFFFF_FFC0_0000_0000, 0xFFFF_FFFF_FF00_0000)]

    def __init__(self, image: Path) -> None:
        cw = [sys.executable, str(ROOT / "tools" / "cw"), "debug", "--no-build", "--batch"]
        cw += ["--exec", "modprobe --user-process echo; call echo.ping 1"]
        for command in (
            "break echo.cpp:CW_LINE".replace("CW_LINE", str(self.line())),
            "continue",
            "print/x $satp",
            f'monitor pmemsave {self.RAM:#x} {self.MEGABYTES << 20:#x} "{image}"',
        ):
            cw += ["--gdb", command]
        done = subprocess.run(cw, cwd=ROOT, capture_output=True, text=True, check=False, timeout=200)
        found = re.search(r"\$\d+ = (0x8[0-9a-f]{15})", done.stdout)
        if found is None:
            raise AssertionError(done.stdout + done.stderr)
        self.root = (int(found.group(1), 16) & ((1 << 44) - 1)) * PAGE
        with image.open("rb") as file:
            self.memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    @staticmethod
    def line() -> int:
        source = (ROOT / "modules" / "echo" / "echo.cpp").read_text().splitlines()
        return next(n for n, line in enumerate(source, start=1) if "CW_PROVIDE(echo::ping" in line)

    def page(self, physical: int) -> bytes:
        at = physical - self.RAM
        return self.memory[at : at + PAGE] if 0 <= at < len(self.memory) else b""

    def spaces(self) -> list[int]:
        """Roots of all user domains: the upper half of each is the kernel's."""
        upper = self.page(self.root)[PAGE // 2 :]
        roots = []
        at = self.memory.find(upper)
        while at >= 0:
            if at % PAGE == PAGE // 2:
                roots.append(self.RAM + at - PAGE // 2)
            at = self.memory.find(upper, at + 8)
        return roots

    def read_only(self, table: int, level: int = 2) -> Iterator[int]:
        """Physical addresses of pages in the lower half that user mode reads and does not write."""
        entries = struct.unpack("<512Q", self.page(table) or bytes(PAGE))
        for entry in entries[: 256 if level == 2 else 512]:
            valid, read, write, execute, user = (entry >> bit & 1 for bit in range(5))
            address = (entry >> 10 & ((1 << 44) - 1)) * PAGE
            if valid and not read | write | execute and level > 0:
                yield from self.read_only(address, level - 1)
            elif valid and read and user and not write:
                yield from range(address, address + (PAGE << (9 * level)), PAGE)


class Hosted:
    """Processes of a running system."""

    WINDOW = (0x10_0000_0000, 0x3F_0000_0000)

    def __init__(self) -> None:
        cw = [sys.executable, str(ROOT / "tools" / "cw"), "run", "--host=linux", "--no-build", "--exec", "sleep 60000"]
        self.cw = subprocess.Popen(cw, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while len(self.processes()) < 4 and time.monotonic() < deadline:
            time.sleep(0.1)

    def processes(self) -> list[int]:
        """The nucleus, then its domains."""
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                text = stat.read_text()
            except OSError:
                continue  # it has ended
            parents[int(text.split()[0])] = int(text.rsplit(")", 1)[1].split()[1])
        found = [self.cw.pid]
        for parent in found:
            found += sorted(pid for pid, its in parents.items() if its == parent)
        return found[1:]

    @staticmethod
    def mappings(pid: int) -> Iterator[tuple[int, int, str]]:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            begin, end = (int(word, 16) for word in span.split("-"))
            yield begin, end, rights

    def close(self) -> None:
        self.cw.terminate()
        self.cw.wait()


class PagesTest(unittest.TestCase):
    def test_bare_metal(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            machine = BareMetal(Path(folder) / "memory")
            spaces = machine.spaces()
            self.assertGreaterEqual(len(spaces), 4, "console, shell, archive, echo")
            seen: set[int] = set()
            for space in spaces:
                seen.update(machine.read_only(space))
            self.assertGreater(len(seen), 100)
            elsewhere = (page for page in range(machine.RAM, machine.RAM + (64 << 20), PAGE) if page not in seen)
            self.assertTrue(any(pointers(machine.page(page), machine.KERNEL) for page in elsewhere), "it would be seen")
            for page in sorted(seen):
                self.assertEqual(pointers(machine.page(page), machine.KERNEL), [], hex(page))

    def test_linux(self) -> None:
        system = Hosted()
        try:
            nucleus, *domains = system.processes()
            self.assertGreaterEqual(len(domains), 3, "console, shell, archive")
            # What the nucleus has outside of the window and of its view of it: its own.
            own = [(b, e) for b, e, rights in system.mappings(nucleus) if "r" in rights and b > 1 << 40]
            self.assertGreater(len(own), 4)
            pages = 0
            for pid in domains:
                with Path(f"/proc/{pid}/mem").open("rb") as memory:
                    for begin, end, rights in system.mappings(pid):
                        if not rights.startswith("r-") or not system.WINDOW[0] <= begin < system.WINDOW[1]:
                            continue
                        memory.seek(begin)
                        self.assertEqual(pointers(memory.read(end - begin), own), [], f"{pid} {begin:#x}")
                        pages += (end - begin) // PAGE
            self.assertGreater(pages, 100)
        finally:
            system.close()


if __name__ == "__main__":
    unittest.main()
