"""`./cw bench --host=linux`: plan, rounds, ratios, JSON, table, pictures; no measuring."""

import json
import re
import sys
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import support
from cw.failure import Failure
from cw.figures import Figure
from cw.native import pictures, plan, ratios, report, runs, svg
from cw.native.plan import Comparison, Plan
from cw.native.ratios import Rounds, Spread

# Names that others read.
NAMES = """await.direct await.direct.concurrent call.indirect ring.pingpong8B ring.stream8B boost.bulk8B rpc.running
rpc.asleep futex.pingpong rpc.depth64 io_uring.nop128 ring.64B boost.bulk64B lanes.P4 concurrentqueue.tokens.P4
stream.blocking pipe.stream trace.record lttng.record cacheline.pingpong""".split()


def figure(name: str, median: float, least: float | None = None) -> Figure:
    return Figure(name, "ps", median if least is None else least, median, 5)


def plan_of(*rows: Comparison) -> Plan:
    return Plan(far_ns=250, scripts=(), programmes=(), comparisons=rows)


class PlanTest(support.ScratchTest):
    def test_the_plan_of_the_tree_names_what_others_read(self) -> None:
        read = plan.load(support.ROOT / "tools" / "bench-linux.toml")
        self.assertEqual(set(NAMES) - read.names(), set())
        targets = {(row.name, row.ratio_to): row.at_most for row in read.comparisons if row.at_most is not None}
        self.assertEqual(targets["await.direct.concurrent", "call.indirect"], 2.5)
        self.assertEqual(targets["trace.record", "lttng.record"], 0.25)

    def test_every_programme_of_the_plan_has_a_source(self) -> None:
        for programme in plan.load(support.ROOT / "tools" / "bench-linux.toml").programmes:
            self.assertTrue((support.ROOT / "bench" / f"{programme.name}.cpp").exists(), programme.name)

    def test_a_partner_that_is_no_figure_is_refused(self) -> None:
        path = self.write(
            "p.toml", 'far_ns = 1\ncauseway = []\nprogramme = []\n[[figure]]\nname = "a"\nshows = ""\nratio_to = "b"\n'
        )
        with self.assertRaisesRegex(Failure, "a is compared with b, which is no figure"):
            plan.load(path)


class RatiosTest(unittest.TestCase):
    def test_ratios_are_taken_within_rounds(self) -> None:
        rounds = Rounds()
        for number, (ours, theirs) in enumerate([(10, 20), (100, 200), (1000, 2000)]):
            rounds.add(number, [figure("ours", ours), figure("theirs", theirs)])
        self.assertEqual(rounds.ratio("ours", "theirs"), Spread(0.5, 0.5, 0.5))

    def test_rounds_in_which_the_partner_is_missing_do_not_count(self) -> None:
        rounds = Rounds()
        rounds.add(0, [figure("ours", 1)])
        rounds.add(1, [figure("ours", 3), figure("theirs", 2)])
        self.assertEqual(rounds.ratio("ours", "theirs"), Spread(1.5, 1.5, 1.5))
        self.assertIsNone(rounds.ratio("ours", "nobody"))
        rounds.add(2, [figure("late", 1)])
        self.assertIsNone(rounds.ratio("theirs", "late"))

    def test_several_samples_of_a_round_are_one_number(self) -> None:
        rounds = Rounds()
        for median in (1, 2, 9):
            rounds.add(0, [figure("floor", median)])
        self.assertEqual(rounds.series["floor"].by_round(), {0: 2})

    def test_verdicts(self) -> None:
        rounds = Rounds()
        rounds.add(0, [figure("a", 30), figure("b", 20), figure("w", 90)])
        rows = [
            Comparison("a", "", "b", at_most=1.6),
            Comparison("a", "", "b", at_most=1.4),
            Comparison("a", "", "b"),
            Comparison("a", "", "gone", at_most=1),
            Comparison("gone", ""),
            Comparison("w", "", at_most_value=0.09),  # ns, of ps
            Comparison("w", "", at_most_value=0.08),
        ]
        texts = [verdict.text for verdict in ratios.judge(plan_of(*rows), rounds)]
        self.assertEqual(texts, ["ok", "MISSED", "", "absent", "absent", "ok", "MISSED"])

    def test_far_processors_have_targets_of_their_own(self) -> None:
        row = Comparison("a", "", "cacheline.pingpong", at_most=0.65, at_most_far=0.95)
        for floor, limit in ((100_000, 0.65), (600_000, 0.95)):
            rounds = Rounds()
            rounds.add(0, [figure("a", 1), figure("cacheline.pingpong", floor)])
            self.assertEqual(ratios.judge(plan_of(row), rounds)[0].limit, limit)

    def test_json_has_the_form_of_bare_metal_and_the_partners(self) -> None:
        rounds = Rounds()
        for number, value in enumerate((10, 20, 30)):
            rounds.add(number, [figure("a", value, value - 1), figure("b", 10), figure("c", 40)])
        rounds.add(0, [figure("sweep.depth.pipe.1", 5)])
        rows = plan_of(Comparison("a", "", "b", at_most=1), Comparison("a", "", "c"), Comparison("b", ""))
        documents = ratios.as_json(rounds, ratios.judge(rows, rounds))
        self.assertEqual([document["name"] for document in documents], ["a", "b", "c", "sweep.depth.pipe.1"])
        first = documents[0]
        as_ever = {key: first[key] for key in ("unit", "min", "median", "n")}
        self.assertEqual(as_ever, {"unit": "ps", "min": 9, "median": 20, "n": 3})
        self.assertEqual(first["ratio_of_min"], 0.9)
        self.assertEqual((first["ratio_to"], first["ratio"], first["at_most"], first["met"]), ("b", 2, 1, False))
        self.assertEqual(first["quartiles"], [15, 25])
        self.assertEqual([other["ratio_to"] for other in first["also"]], ["c"])
        self.assertNotIn("ratio_to", documents[1])

    def test_json_says_when_a_partner_is_missing(self) -> None:
        rounds = Rounds()
        rounds.add(0, [figure("a", 1)])
        verdicts = ratios.judge(plan_of(Comparison("a", "", "b", at_most=1)), rounds)
        document = ratios.as_json(rounds, verdicts)[0]
        self.assertEqual((document["ratio_to"], document["ratio"], document["met"]), ("b", None, None))


class RunsTest(support.ScratchTest):
    def test_jobs_run_in_turns_and_what_is_absent_is_left_out(self) -> None:
        ran: list[str] = []

        def job(name: str, beside: bool = False) -> runs.Job:
            def run() -> list[Figure]:
                ran.append(name)
                if name == "gone":
                    raise runs.Absent("not here")
                return [figure(name, 1)]

            return runs.Job(name, run, beside)

        measured = runs.Measured()
        runs.measure([job("floor", True), job("a"), job("gone"), job("b"), job("c")], 2, measured)
        self.assertEqual(ran, "floor a gone floor b c floor floor b c floor a floor".split())
        self.assertEqual(measured.absent, {"gone": "not here"})
        self.assertEqual(measured.rounds.series["a"].by_round(), {0: 1, 1: 1})

    def test_programmes_say_what_they_measure_and_sweeps_wait_to_be_asked_for(self) -> None:
        self.program("good", "#!/bin/sh\n[ $1 = --list ] && echo a sweep.a && exit\n"
                     'echo "@figure name=$1 unit=ps min=1 median=2 n=3"\n')
        wanted = Plan(1, (), (plan.Programme("good"), plan.Programme("lost", "a peer")), ())
        absent: dict[str, str] = {}
        jobs = runs.jobs_of(wanted, self.folder, False, absent)
        self.assertEqual([job.label for job in jobs], ["a"])
        self.assertEqual(jobs[0].run(), [Figure("a", "ps", 1, 2, 3)])
        self.assertEqual(list(absent), ["a peer"])
        self.assertIn("sweep.a", [job.label for job in runs.jobs_of(wanted, self.folder, True, absent)])

    def test_what_takes_too_long_costs_its_round_only(self) -> None:
        outcomes = iter([runs.Late(), [figure("a", 1)]])

        def run() -> list[Figure]:
            outcome = next(outcomes)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        measured = runs.Measured()
        runs.measure([runs.Job("a", run)], 2, measured)
        self.assertEqual(measured.late, {"a": 1})
        self.assertEqual(measured.rounds.series["a"].by_round(), {1: 1})

    def test_a_programme_that_fails_is_told_from_one_that_cannot(self) -> None:
        for status, kind in ((1, Failure), (77, runs.Absent)):
            self.program("bad", f"#!/bin/sh\n[ $1 = --list ] && echo a && exit\necho why >&2; exit {status}\n")
            job = runs.jobs_of(Plan(1, (), (plan.Programme("bad"),), ()), self.folder, False, {})[0]
            with self.assertRaisesRegex(kind, "why"):
                job.run()


class ReportTest(support.ScratchTest):
    def setUp(self) -> None:
        super().setUp()
        self.rounds = Rounds()
        for name, value in {"a": 30, "b": 20, "cacheline.pingpong": 100_000}.items():
            self.rounds.add(0, [figure(name, value)])
        for at in (1, 2, 4):
            self.rounds.add(0, [figure(f"sweep.depth.pipe.{at}", 1000 / at)])
            self.rounds.add(0, [figure(f"sweep.payload.unix.{at * 8}", at)])
            self.rounds.add(0, [figure(f"sweep.shaper.process.{10**at}", at - 1)])
        rows = [Comparison("a", "what a is", "b", at_most=1), Comparison("b", "", "gone")]
        self.verdicts = ratios.judge(plan_of(*rows), self.rounds)

    def test_table(self) -> None:
        text = report.render(self.verdicts, {})
        self.assertRegex(text, r"a +0\.03 +0\.03-0\.03 +b +1\.50 +1\.50-1\.50 +1\.50 +1 +MISSED +what a is")
        self.assertRegex(text, r"b .*gone .*absent")

    def test_where_the_processors_lie(self) -> None:
        self.assertIn("100 ns there and back", report.describe_floor(plan_of(), self.rounds))
        self.assertIn("near each other", report.describe_floor(plan_of(), self.rounds))
        self.assertIn("not measured", report.describe_floor(plan_of(), Rounds()))

    def test_pictures_are_drawings_with_titles_axes_and_legends(self) -> None:
        written = pictures.write(self.folder / "new", "a machine <here>", self.rounds, self.verdicts)
        self.assertEqual([path.name for path in written], ["ratios.svg", "payload.svg", "depth.svg", "shaper.svg"])
        depth = self._texts(written[2])
        for text in ("a machine <here>", "calls per second", "pipe"):
            self.assertIn(text, depth)
        self.assertTrue(any(text.startswith("calls in flight") for text in depth))
        self.assertIn("a / b", self._texts(written[0]))
        shaper = self._texts(written[3])
        for text in ("another process: ring", "10", "10 k", "1"):
            self.assertIn(text, shaper)

    def test_curves_stay_inside(self) -> None:
        drawing = svg.curves("t", "s", ("x", "y"), [svg.Curve("c", [(8, 1e3), (1 << 20, 1e8)], "red")], str)
        for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', drawing):
            self.assertTrue(svg.LEFT <= float(x) <= svg.WIDTH - svg.LEGEND)
            self.assertTrue(svg.TOP <= float(y) <= svg.HEIGHT - svg.BOTTOM)

    def test_a_folder_that_cannot_be_made_is_said(self) -> None:
        with self.assertRaisesRegex(Failure, "cannot write the pictures"):
            pictures.write(self.write("file", "") / "below", "", self.rounds, self.verdicts)

    def _texts(self, path: Path) -> list[str]:
        nodes = ElementTree.fromstring(path.read_text()).iter()
        return [node.text or "" for node in nodes if node.tag.endswith("text")]


class CommandTest(support.TreeTest):
    """The whole command, with programmes that only print."""

    NUCLEUS = """
print("@figure name=call.indirect unit=ps min=10 median=10 n=5")
print("@figure name=await.direct unit=ps min=30 median=36 n=5")
"""

    def setUp(self) -> None:
        super().setUp()
        floors = ("cacheline.pingpong", "cacheline.pingpong.tight")
        for name, measures in (("cacheline", floors), ("ring", ("ring.pingpong8B",))):
            listed = "\\n".join(measures)
            self.program(
                f"build/linux/bench/{name}",
                f"#!{sys.executable}\nimport sys\n"
                f"print('{listed}' if sys.argv[1] == '--list' else\n"
                "      f'@figure name={sys.argv[1]} unit=ps min=100000 median=100000 n=5')\n",
            )

    def test_measures_and_reports(self) -> None:
        done = self.cw("bench", "--host=linux", "--no-build", "--quick", "--json", "out.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"await\.direct +0\.04 .*call\.indirect +3\.60 .*3\.5 +MISSED")
        self.assertIn("absent: Boost.Lockfree", done.stdout)
        self.assertIn("over their targets: await.direct / call.indirect, ring.pingpong8B", done.stderr)
        document = json.loads((self.folder / "out.json").read_text())
        self.assertEqual(document["machine"]["rounds"], 3)
        self.assertIn("LTTng-UST", document["absent"])
        figures = {figure["name"]: figure for figure in document["figures"]}
        direct = figures["await.direct"]
        self.assertEqual((direct["ratio_to"], direct["ratio"]), ("call.indirect", 3.6))

    def test_options_that_do_not_go_together(self) -> None:
        for arguments, said in (
            (["--plot", "d"], "--plot and --quick go with --host=linux"),
            (["--host=linux", "--twice"], "only instruction counts repeat exactly"),
        ):
            done = self.cw("bench", "--no-build", *arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn(said, done.stderr)

    def test_results_that_cannot_be_written_are_told_before_measuring(self) -> None:
        for arguments in (["--json", "nowhere/f.json"], ["--plot", "cw/below"]):
            done = self.cw("bench", "--host=linux", "--no-build", *arguments)
            self.assertEqual(done.returncode, 1)
            self.assertIn("cannot write there", done.stderr)

    def test_nothing_built(self) -> None:
        (self.folder / "build/linux/hosted/causeway").unlink()
        done = self.cw("bench", "--host=linux", "--no-build")
        self.assertEqual(done.returncode, 1)
        self.assertIn("run ./cw build --host=linux", done.stderr)


if __name__ == "__main__":
    unittest.main()
