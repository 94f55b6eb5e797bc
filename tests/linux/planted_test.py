"""A sanitizer that is built into the nucleus finds what is planted there, and the system's status says so."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from cw import system  # noqa: E402
from cw.host import SANITIZED, Host  # noqa: E402
from cw.machine import Machine  # noqa: E402

REPORTS = {
    "linux-asan": {
        "overflow": "AddressSanitizer: heap-buffer-overflow",
        "undefined": "runtime error: signed integer overflow",
    },
    "linux-tsan": {"race": "WARNING: ThreadSanitizer: data race"},
}


class PlantedTest(unittest.TestCase):
    host: Host

    def run_with(self, words: str) -> subprocess.CompletedProcess[str]:
        """A system that powers off at once."""
        entries = [*system.base_modules(self.host), system.script([], power_off=True)]
        with system.packed(f"{self.host.name}.planted", entries, keep=lambda: False) as archive:
            command = self.host.command(Machine(append=words), archive.path)
            with tempfile.TemporaryFile("r") as nothing:
                return subprocess.run(command, stdin=nothing, capture_output=True, text=True, check=False, timeout=60)

    def test_each_planted_mistake_is_found(self) -> None:
        for kind, report in REPORTS[self.host.name].items():
            with self.subTest(kind=kind):
                done = self.run_with(f"plant={kind}")
                self.assertIn(report, done.stdout + done.stderr)
                self.assertNotEqual(done.returncode, 0)

    def test_nothing_is_found_where_nothing_is_planted(self) -> None:
        done = self.run_with("plant=nothing")
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    PlantedTest.host = SANITIZED[sys.argv.pop(1)]
    unittest.main()
