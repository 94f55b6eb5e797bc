"""Running a guest: its status, typing to it, and stopping it when it hangs, even if it ignores being asked."""

import os
import sys
import unittest

import support
from cw import guest
from cw.guest import Limits, Typed

PATIENT = Limits(silence_seconds=30, total_seconds=30)


class GuestTest(support.ScratchTest):
    def run_python(self, text: str, limits: Limits = PATIENT, typed: tuple[Typed, ...] = ()) -> guest.Outcome:
        path = self.write("fake.py", f"import os, signal, sys, time\n{text}")
        return guest.run([sys.executable, "-u", str(path)], limits, typed=typed)

    def test_status_and_lines_come_back(self) -> None:
        outcome = self.run_python("print('one\\r'); print('\\x1b[1mtwo\\x1b[0m'); sys.stdout.write('rest'); sys.exit(7)")
        self.assertEqual((outcome.status, outcome.hang), (7, ""))
        self.assertEqual(outcome.lines, ["one", "two", "rest"])

    def run_shell(self, text: str, limits: Limits) -> guest.Outcome:
        """For tests with short limits: a shell says its first words at once even on a busy machine."""
        return guest.run(["/bin/sh", "-c", text], limits)

    def test_silence_is_a_hang(self) -> None:
        outcome = self.run_shell("echo last words; exec sleep 60", Limits(silence_seconds=1.5))
        self.assertEqual(outcome.status, guest.HANG_STATUS)
        self.assertIn("no output", outcome.hang)
        message = guest.describe_hang(outcome, "qemu-system-riscv64 -M virt")
        self.assertIn("last words", message)
        self.assertIn("to reproduce: qemu-system-riscv64 -M virt", message)

    def test_chatter_without_end_is_a_hang(self) -> None:
        outcome = self.run_shell("while :; do echo x; sleep 0.1; done", Limits(10, total_seconds=1))
        self.assertIn("still running", outcome.hang)

    def test_a_guest_that_ignores_the_signal_is_killed(self) -> None:
        grace, guest.TERM_GRACE_SECONDS = guest.TERM_GRACE_SECONDS, 0.3
        self.addCleanup(setattr, guest, "TERM_GRACE_SECONDS", grace)
        outcome = self.run_shell("trap '' TERM; echo $$; exec sleep 60", Limits(silence_seconds=1.5))
        self.assertEqual(outcome.status, guest.HANG_STATUS)
        with self.assertRaises(ProcessLookupError):
            os.kill(int(outcome.lines[0]), 0)

    def test_typing_waits_for_its_prompt(self) -> None:
        outcome = self.run_python(
            "sys.stdout.write('name? '); a = input(); sys.stdout.write('age? '); b = input(); print(a + '/' + b)",
            typed=(Typed(r"name\? ", "cw\n"), Typed(r"\? ", "3\n")),
        )
        self.assertEqual(outcome.lines[-1], "name? age? cw/3")

    def test_a_hang_tells_which_prompt_never_came(self) -> None:
        outcome = self.run_python("time.sleep(60)", Limits(silence_seconds=0.5), typed=(Typed("cw> ", "x"),))
        self.assertIn("still waiting for /cw> /", outcome.hang)

    def test_death_by_signal_is_a_failure(self) -> None:
        outcome = self.run_python("os.kill(os.getpid(), signal.SIGSEGV)")
        self.assertEqual(outcome.status, 139)
        self.assertIn("SIGSEGV", outcome.lines[-1])

    def test_missing_qemu_is_told(self) -> None:
        with self.assertRaisesRegex(Exception, "cannot start /no/qemu"):
            guest.run(["/no/qemu"], PATIENT)

    def test_lines_are_annotated(self) -> None:
        outcome = guest.run(["/bin/echo", "at"], PATIENT, annotate=lambda line: f" {line}!")
        self.assertEqual(outcome.lines, ["at at!"])


if __name__ == "__main__":
    unittest.main()
