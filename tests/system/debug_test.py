"""`./cw debug`: gdb knows a module's functions wherever, and however often, the module is loaded."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from cw.commands.debug import CONSOLE_LOG  # noqa: E402
from cw.host import RISCV64  # noqa: E402
from cw.symbolize import Symbolizer  # noqa: E402

HANDLER = ROOT / "modules" / "echo" / "echo.cpp"


def line_of(path: Path, text: str) -> int:
    """The number of the first line that contains `text`."""
    return next(number for number, line in enumerate(path.read_text().splitlines(), start=1) if text in line)


class DebugTest(unittest.TestCase):
    def debug(self, commands: list[str], script: str) -> str:
        """What gdb says."""
        cw = [sys.executable, str(ROOT / "tools" / "cw"), "debug", "--no-build", "--batch", "--exec", script]
        for command in commands:
            cw += ["--gdb", command]
        done = subprocess.run(cw, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
        return done.stdout + done.stderr

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
        said = self.debug(commands, loads)
        hits = re.split(r"\nBreakpoint 1(?:\.\d+)?, ", said)[1:]
        self.assertEqual(len(hits), 2, said)
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

    def test_what_the_kernel_has_allocated_is_what_kmemtop_shows(self) -> None:
        said = self.debug(["break cw::kernel::power_off", "continue", "cw-kmem"], "modprobe --user-process echo; kmemtop")
        row = re.compile(r"(?m)^[a-z_]+\.[a-z_]+(?: +\d+){6}$")
        rows = row.findall(said)
        self.assertGreater(len(rows), 40, said)
        # Nothing is allocated between the command and the end of the system.
        console = CONSOLE_LOG.read_text(errors="replace").replace("\r", "")
        self.assertEqual(sorted(rows), sorted(row.findall(console)))
        self.assertEqual(re.findall(r"\d+ sites hold \d+ pages", said), re.findall(r"\d+ sites hold \d+ pages", console))

    def test_a_site_is_a_breakpoint(self) -> None:
        # While the first module is built, the kernel is there, and sees its own memory.
        commands = [
            "break cw::kernel::nucleus_start",
            "continue",
            "cw-kmem-break channels.records",
            "cw-kmem-break modules.none",
            "continue",
            "backtrace",
            "continue",
            "backtrace",
        ]
        said = self.debug(commands, "lsmod")
        self.assertIn("modules.none: there is no such site; `cw-kmem` lists them", said)
        hits = re.split(r"(?m)^allocation of channels\.records$", said)[1:]
        self.assertEqual(len(hits), 2, said)
        for hit in hits:
            self.assertRegex(hit, r"(?s)#0 .*AllocationSite::allocated.*channel_between \(")

    def test_a_panic_prints_a_back_trace_with_names(self) -> None:
        # No command makes the kernel panic: gdb turns the call of an empty function into one of panic().
        self.debug(
            [
                "break cw_debug_modules_changed",
                "continue",
                "set $a0 = (long)cw_debug_modules[0].name",
                "set $a1 = (long)cw_debug_modules[1].name",
                "set $a2 = 7",
                "delete",
                "jump *cw::kernel::panic",
            ],
            "lsmod",
        )
        symbolizer = Symbolizer(RISCV64)
        lines = [line.rstrip() for line in CONSOLE_LOG.read_text(errors="replace").splitlines()]
        named = "\n".join(line + symbolizer.annotate(line) for line in lines)
        self.assertRegex(
            named,
            r"PANIC: vdso \(\w*:7\), hart 0\n"
            r"@frame 0xffffffff[0-9a-f]+ cw::kernel::panic\(.* \(kernel/src/trap\.cpp:\d+\)\n"
            r"@frame 0xffffffff[0-9a-f]+ cw::kernel::build_instance\(.* \(nucleus/src/build\.cpp:[1-9]\d*\)\n"
            r"@frame 0xffffffff[0-9a-f]+ cw::kernel::nucleus_create\(.*\)\n",
        )


if __name__ == "__main__":
    unittest.main()
