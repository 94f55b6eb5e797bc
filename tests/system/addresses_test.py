"""Where segments lie differs from boot to boot, and is known to nobody before."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class AddressesTest(unittest.TestCase):
    def base_of_shell(self) -> str:
        words = [sys.executable, str(ROOT / "tools" / "cw"), "run", "--no-build", "--exec", "log"]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
        found = re.search(r"@module name=shell base=(0x[0-9a-f]+)", done.stdout)
        self.assertIsNotNone(found, done.stdout + done.stderr)
        return found.group(1)

    def test_they_differ_between_boots(self) -> None:
        # Of 32,768 places; that three are the same by chance is one boot in a thousand million.
        self.assertGreater(len({self.base_of_shell() for _ in range(3)}), 1)


if __name__ == "__main__":
    unittest.main()
