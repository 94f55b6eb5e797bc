"""What a failed expectation is explained with: which one, after which, what came instead."""

import unittest

import support  # noqa: F401  (finds the tools)
from cw.verdict import problems

CONSOLE = ["boot", "module echo loaded", "reply 41", "done"]


class VerdictTest(unittest.TestCase):
    def test_expectations_in_order_pass(self) -> None:
        self.assertEqual(problems(CONSOLE, ["^boot$", "echo loaded", r"reply \d+", "done"], ["PANIC"]), [])

    def test_two_expectations_may_meet_on_one_line(self) -> None:
        self.assertEqual(problems(CONSOLE, ["module", "echo", "loaded"], []), [])

    def test_missing_expectation_is_named_with_what_came_instead(self) -> None:
        (text,) = problems(CONSOLE, ["loaded", "reply 42"], [])
        self.assertIn("expectation 2 of 2 was not seen: /reply 42/", text)
        self.assertIn("the one before, /loaded/, is in line 2", text)
        self.assertIn("the line most like it after that: reply 41", text)
        self.assertIn(">    2 | module echo loaded", text)

    def test_wrong_order_is_called_that(self) -> None:
        (text,) = problems(CONSOLE, ["done", "boot"], [])
        self.assertIn("the order is wrong", text)

    def test_one_line_serves_only_one_of_two_equal_expectations(self) -> None:
        self.assertEqual(len(problems(CONSOLE, ["reply", "reply"], [])), 1)

    def test_forbidden_is_shown_with_its_line(self) -> None:
        (text,) = problems([*CONSOLE, "PANIC: x"], ["done"], ["^PANIC"])
        self.assertIn("forbidden /^PANIC/ is in line 5", text)

    def test_empty_console(self) -> None:
        (text,) = problems([], ["boot"], ["PANIC"])
        self.assertIn("expectation 1 of 1", text)


if __name__ == "__main__":
    unittest.main()
