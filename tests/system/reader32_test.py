"""A process of 32 bits reads the variables of a running system of 64, in the layout that everybody reads."""

import os
import re
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))
from pages_test import Hosted  # noqa: E402

SOURCE = Path(__file__).parent / "reader32.cpp"
MAGIC = b"cwSvdi02"
FLAGS = "-m32 -msse2 -O2 -std=c++23 -fno-exceptions -fno-rtti -fno-builtin -fno-pic -static -nostdlib -fuse-ld=lld".split()
HEADERS = ["/usr/include/c++/12", "/usr/include/x86_64-linux-gnu/c++/12", "/usr/include/x86_64-linux-gnu"]


def build(folder: Path) -> Path:
    """Without a C library for 32 bits: of the headers of the 64-bit one nothing but names is used."""
    (folder / "gnu").mkdir()
    (folder / "gnu" / "stubs-32.h").write_text("")
    own = [f"-I{ROOT / part}" for part in ("core/include", "core/arch/x86_64", "abi/include")]
    system = [word for header in [str(folder), *HEADERS] for word in ("-isystem", header)]
    programme = folder / "reader32"
    command = ["clang++-19", "-Wall", "-Wextra", "-Werror", *FLAGS, "-nostdinc++", *system, *own, str(SOURCE)]
    subprocess.run([*command, "-o", str(programme)], check=True)
    return programme


class Segments:
    """The segments of a running system, as files."""

    def __init__(self, nucleus: int, domain: int) -> None:
        self.domain = domain
        self.files = {}
        for fd in Path(f"/proc/{nucleus}/fd").iterdir():
            self.files[fd.stat().st_ino] = fd
        self.mappings = []
        for line in Path(f"/proc/{domain}/maps").read_text().splitlines():
            span, rights, _, _, inode, *_ = line.split()
            begin, end = (int(word, 16) for word in span.split("-"))
            if Hosted.WINDOW[0] <= begin < Hosted.WINDOW[1] and int(inode) in self.files and rights[0] == "r":
                self.mappings.append((begin, end, int(inode)))

    def read(self, address: int, size: int) -> bytes:
        with Path(f"/proc/{self.domain}/mem").open("rb") as memory:
            memory.seek(address)
            return memory.read(size)

    def directory(self) -> tuple[int, int]:
        """Its address, and the inode of its file."""
        return next((begin, inode) for begin, _, inode in self.mappings if self.read(begin, 8) == MAGIC)

    def address_of(self, directory: int, name: str) -> int:
        """Where the directory says that the value lies (directory.hpp)."""
        _, _, _, _, _, table, _, count = struct.unpack("<QQ6I", self.read(directory, 40))
        for offset in struct.unpack(f"<{count}I", self.read(directory + table, 4 * count)):
            address, at, size = struct.unpack("<8xQ56xII", self.read(directory + offset, 80))
            if self.read(directory + at, size) == name.encode():
                return address
        raise AssertionError(f"{name} is not published")

    def file_at(self, address: int) -> Path:
        inode = next(inode for begin, end, inode in self.mappings if begin <= address < end)
        return self.files[inode]


class Reader32Test(unittest.TestCase):
    def test_it_reads_what_is_there(self) -> None:
        system = Hosted()
        try:
            nucleus, domain, *_ = system.processes()
            segments = Segments(nucleus, domain)
            directory, inode = segments.directory()
            group = segments.file_at(segments.address_of(directory, "time/scale"))
            with tempfile.TemporaryDirectory() as folder:
                programme = build(Path(folder))
                self.assertIn(b"\x7fELF\x01", programme.read_bytes()[:5], "32 bits")
                files = [os.open(path, os.O_RDONLY) for path in (segments.files[inode], group)]
                words = [word for fd in files for word in (str(fd), str(os.fstat(fd).st_size))]
                done = subprocess.run(
                    [str(programme), *words], pass_fds=files, capture_output=True, text=True, check=False, timeout=60
                )
                for fd in files:
                    os.close(fd)
            self.assertEqual(done.returncode, 0, done.stdout)
            read = {name: int(value, 16) for name, value in re.findall(r"(\w+)=([0-9a-f]{16})", done.stdout)}
            self.assertEqual(read["page_bytes"], 4096)
            self.assertGreaterEqual(read["harts"], 1)
            self.assertNotEqual(read["multiplier"], 0)
            self.assertGreater(read["wall_ns"], 1_600_000_000_000_000_000)
            self.assertEqual(read["number"], read["header"])
            self.assertEqual(read["header"], struct.unpack("<8xQ", segments.read(directory, 16))[0])
        finally:
            system.close()


if __name__ == "__main__":
    unittest.main()
