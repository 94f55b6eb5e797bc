"""What the tests of the tools share: finding the tools, scratch folders, trees of their own, fake programs."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools" / "checks")]


class ScratchTest(unittest.TestCase):
    """A test with a folder of its own, `self.folder`, that is gone afterwards."""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def write(self, name: str, text: str) -> Path:
        """Writes a file below the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def program(self, name: str, text: str) -> Path:
        """Writes an executable script."""
        path = self.write(name, text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path


class TreeTest(ScratchTest):
    """A test of whole commands: a copy of the tools, a kernel file that is none; QEMU and Linux's nucleus are scripts."""

    # Bodies of the fakes, in Python; `archive` is the boot archive they were given, `script` the boot scripts in it.
    QEMU = ""
    NUCLEUS = ""

    def setUp(self) -> None:
        super().setUp()
        shutil.copytree(ROOT / "tools", self.folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "cw", self.folder / "cw")
        self.write("build/riscv64/kernel/causeway.elf", "")
        self.write("build/riscv64/modules/digest.cwm", "a module")
        self.write("build/linux/modules/digest.cwm", "a module")
        self.fake = self._fake("fake-qemu", "sys.argv[sys.argv.index('-initrd') + 1]", self.QEMU)
        self._fake("build/linux/hosted/causeway", "sys.argv[1]", self.NUCLEUS)

    def _fake(self, name: str, archive: str, body: str) -> Path:
        return self.program(
            name,
            f"#!{sys.executable}\nimport sys, time, pathlib\nsys.path.insert(0, {str(ROOT / 'tools')!r})\n"
            "from cw.archive import Kind, unpack\n"
            f"archive = unpack(pathlib.Path({archive}).read_bytes())\n"
            "script = [e.content().decode() for e in archive if e.kind is Kind.SCRIPT]\n" + body,
        )

    def cw(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Runs ./cw in the tree."""
        return subprocess.run(
            [str(self.folder / "cw"), *arguments],
            cwd=self.folder,
            env={**os.environ, "CW_QEMU": str(self.fake)},
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
