"""The commands in documents print what the documents say. Their sources are built by tests/docs."""

import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "docs"))
import blocks  # noqa: E402

DOCUMENTS = [ROOT / "docs" / name for name in ("modules.md", "queues.md")]


def all_sessions() -> Iterator[tuple[Path, tuple[int, str, str]]]:
    """Every command of every document."""
    for document in DOCUMENTS:
        for session in blocks.sessions(document):
            yield document, session


class DocumentTest(unittest.TestCase):
    def run_command(self, document: Path, command: str, tree: Path) -> str:
        words = shlex.split(command)
        self.assertEqual(words[0], "./cw")
        words = [sys.executable, str(tree / "tools" / "cw"), *words[1:]]
        if words[2] in ("run", "debug"):
            words.append("--no-build")
            for module in blocks.modules(document):
                words += ["--module", module]
        if words[2] == "run":
            # Time then passes with instructions, for devices too: however busy this machine is, the output is the same.
            words += ["--icount", "--qemu-arg=-rtc", "--qemu-arg=clock=vm"]
        done = subprocess.run(words, cwd=tree, capture_output=True, text=True, check=False, timeout=100)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_commands_print_what_is_shown(self) -> None:
        for document, (line, command, output) in all_sessions():
            with self.subTest(document=document.name, line=line, command=command), tempfile.TemporaryDirectory() as scratch:
                tree = ROOT
                if command.startswith("./cw new"):  # writes into its tree
                    tree = Path(scratch)
                    shutil.copytree(ROOT / "tools", tree / "tools")
                printed = self.run_command(document, command, tree)
                self.assertRegex(printed, re.compile(r"\A" + blocks.pattern(output) + r"\Z"))

    def test_there_are_commands(self) -> None:
        for document in DOCUMENTS:
            self.assertGreater(len(list(blocks.sessions(document))), 0, document.name)


if __name__ == "__main__":
    unittest.main()
