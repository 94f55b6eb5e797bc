"""Measured figures: reading, merging, holding against targets."""

import unittest

import support
from cw import figures
from cw.failure import Failure
from cw.figures import Figure, Target

LINE = "@figure name=call.slot unit=instructions min=12 median=12.5 n=101"


class FiguresTest(unittest.TestCase):
    def test_reads_figures_among_other_lines(self) -> None:
        read = figures.parse(["boot", LINE, "done"])
        self.assertEqual(read, [Figure("call.slot", "instructions", 12, 12.5, 101)])
        self.assertEqual(
            read[0].as_json(), {"name": "call.slot", "unit": "instructions", "min": 12, "median": 12.5, "n": 101}
        )

    def test_damaged_and_impossible_lines_are_errors(self) -> None:
        other_minima = (LINE.replace("min=12", "min=x"), LINE.replace("min=12", "min=13"))
        for damaged in ("@figure", LINE[:-3], LINE + " x", *other_minima):
            with self.subTest(line=damaged), self.assertRaises(Failure):
                figures.parse([damaged])

    def test_a_figure_measured_twice_is_an_error(self) -> None:
        figure = figures.parse([LINE])
        self.assertEqual(figures.merge([figure, []]), figure)
        with self.assertRaisesRegex(Failure, "call.slot was measured twice"):
            figures.merge([figure, figure])

    def test_targets(self) -> None:
        targets = [Target("call.slot", "a call", at_most=12), Target("wake.quiet", "a wake")]
        measured = figures.parse([LINE])
        self.assertEqual(figures.missing(measured, targets), ["wake.quiet"])
        self.assertEqual(figures.over(measured, targets), ["call.slot"])
        self.assertIn("OVER", figures.render(measured, targets))

    def test_counts_of_the_plugin_make_a_figure(self) -> None:
        self.assertEqual(figures.counted("x", "33\n31\n32\n"), [figures.Figure("x", "instructions", 31, 32, 3)])
        with self.assertRaisesRegex(Failure, "x: nothing was counted"):
            figures.counted("x", "")

    def test_the_plan_of_the_tree_names_every_figure_that_others_read(self) -> None:
        boots, targets = figures.load_plan(support.ROOT / "tools" / "bench.toml")
        names = {target.name for target in targets}
        self.assertEqual([boots[0].script, boots[-1].script], ["bench", "bench wakes"])
        self.assertEqual(len(names), len(targets))
        self.assertEqual(len(names), 42)


if __name__ == "__main__":
    unittest.main()
