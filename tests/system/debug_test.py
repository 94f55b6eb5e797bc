"""`./cw debug`: gdb knows a module's functions wherever, and however often, the module is loaded."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HANDLER = ROOT / "modules" / "echo" / "echo.cpp"


def line_of(path: Path, text: str) -> int:
    """The number of the first line that contains `text`."""
    return next(number for number, line in enumerate(path.read_text().splitlines(), start=1) if text in line)


class DebugTest(unittest.TestCase):
    def test_a_breakpoint_set_before_loading_is_hit_in_each_placement(self) -> None:
        commands = [
            f"break echo.cpp:{line_of(HANDLER, 'CW_PROVIDE(echo::ping')}",
            "continue",
            "backtrace",
            "cw-modules",
            "continue",
            "backtrace",
            "cw-modules",
        ]
        loads = "modprobe --user-process echo; call echo.ping 1; rmmod echo; modprobe echo; call echo.ping 1"
        cw = [sys.executable, str(ROOT / "tools" / "cw"), "debug", "--no-build", "--batch", "--exec", loads]
        for command in commands:
            cw += ["--gdb", command]
        done = subprocess.run(cw, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
        hits = re.split(r"\nBreakpoint 1(?:\.\d+)?, ", done.stdout)[1:]
        self.assertEqual(len(hits), 2, done.stdout + done.stderr)
        for hit in hits:
            # The handler, with its argument's file and line, and what runs it.
            self.assertRegex(hit, r"(?s)#0 .*modules/echo/echo\.cpp:\d+.*executor_run \(")
            self.assertRegex(hit, r"(?m)^echo at 0x[0-9a-f]+$")
        in_process, in_kernel = hits
        self.assertIn("kernel/vdso/entry.cpp", in_process)
        self.assertNotIn("kernel_executor_main", in_process)
        self.assertIn("kernel_executor_main", in_kernel)
        # In the kernel its table can be read.
        self.assertNotIn("does not see", in_kernel)


if __name__ == "__main__":
    unittest.main()
