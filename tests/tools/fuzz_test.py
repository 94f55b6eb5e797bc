"""`./cw fuzz` with fuzzers that are scripts: what they are told to do, what is shown, what a finding looks like."""

import sys
import unittest

import support

FUZZER = """
import pathlib, time
options = {a.partition("=")[0]: a.partition("=")[2] for a in sys.argv[1:] if a.startswith("-")}
folders = [pathlib.Path(a) for a in sys.argv[1:] if not a.startswith("-")]
for folder in folders:
    assert folder.is_dir(), folder
pathlib.Path("arguments.txt").open("a").write(" ".join(sys.argv[1:]) + "\\n")
if "-merge" in options:
    (folders[0] / "new").write_bytes(b"x" * 300)
    sys.exit(0)
print("INFO: Seed: 1", file=sys.stderr)
print("#2048\\tpulse  cov: 117 ft: 260 corp: 12/80b lim: 4 exec/s: 1024 rss: 38Mb", file=sys.stderr)
(folders[0] / "fresh").write_bytes(b"x")
if pathlib.Path("broken").exists():
    print("message_fuzz: a guilty client's end stays open", file=sys.stderr)
    print(f"Test unit written to {options['-artifact_prefix']}crash-1", file=sys.stderr)
    sys.exit(77)
if pathlib.Path("dead").exists():
    sys.exit(1)
print("Done 4100 runs in 1 second(s)", file=sys.stderr)
"""


class FuzzTest(support.TreeTest):
    def setUp(self) -> None:
        super().setUp()
        for program in ("core/fuzz/message_fuzz", "loader/fuzz/record_fuzz", "loader/fuzz/image_fuzz", "loader/fuzz/unwind_fuzz"):
            self.program(f"build/fuzz/{program}", f"#!{sys.executable}\nimport sys\n{FUZZER}")
        for name in ("message", "record", "image", "unwind"):
            self.write(f"tests/corpora/{name}/seed", "s")

    def arguments(self) -> list[list[str]]:
        """What each fuzzer was started with."""
        return [line.split() for line in (self.folder / "arguments.txt").read_text().splitlines()]

    def test_a_target_runs_from_its_corpus_and_keeps_new_inputs_elsewhere(self) -> None:
        done = self.cw("fuzz", "message", "--no-build", "--minutes", "0.5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"message: 4,100 executions in \d+ s, coverage 117, 1 new inputs, nothing found")
        (arguments,) = self.arguments()
        self.assertIn("-max_total_time=30", arguments)
        self.assertEqual(arguments[-2:], [str(self.folder / "build/fuzz/message"), str(self.folder / "tests/corpora/message")])
        self.assertEqual([path.name for path in (self.folder / "tests/corpora/message").iterdir()], ["seed"])

    def test_without_a_target_all_run(self) -> None:
        done = self.cw("fuzz", "--no-build")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([line.split(":")[0] for line in done.stdout.splitlines()], ["message", "record", "image", "unwind"])
        self.assertEqual({arguments[0] for arguments in self.arguments()}, {"-max_total_time=300"})

    def test_jobs_are_added_up(self) -> None:
        done = self.cw("fuzz", "record", "--no-build", "--jobs", "3")
        self.assertIn("record: 12,300 executions", done.stdout)
        self.assertEqual(len(self.arguments()), 3)

    def test_a_finding_says_how_to_reproduce_it(self) -> None:
        self.write("broken", "")
        done = self.cw("fuzz", "message", "--no-build")
        self.assertEqual(done.returncode, 1)
        self.assertIn("a guilty client's end stays open", done.stderr)
        self.assertIn("to reproduce: build/fuzz/core/fuzz/message_fuzz build/fuzz/findings/message-crash-1\n", done.stderr)
        self.assertNotIn("nothing found", done.stdout)

    def test_a_fuzzer_that_dies_of_itself_is_told(self) -> None:
        self.write("dead", "")
        done = self.cw("fuzz", "message", "--no-build")
        self.assertEqual(done.returncode, 1)
        self.assertIn("message_fuzz ended with status 1 and left no input", done.stderr)

    def test_merge_adds_to_the_corpus_in_the_tree(self) -> None:
        self.assertIn("run ./cw fuzz image first", self.cw("fuzz", "image", "--no-build", "--merge").stderr)
        self.cw("fuzz", "image", "--no-build")
        done = self.cw("fuzz", "image", "--no-build", "--merge")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("image: 1 inputs added to tests/corpora/image, now 2 with 301 bytes", done.stdout)
        self.assertEqual(self.arguments()[-1][-2], str(self.folder / "tests/corpora/image"))
        self.assertNotIn("held to", done.stderr)

    def test_a_corpus_that_grows_too_big_is_told(self) -> None:
        self.cw("fuzz", "image", "--no-build")
        for number in range(100):
            self.write(f"tests/corpora/image/{number}", "")
        self.assertIn("held to (100 files", self.cw("fuzz", "image", "--no-build", "--merge").stderr)

    def test_mistakes_are_told_before_anything_is_built(self) -> None:
        for arguments, answer in (
            (["massage"], "there is no fuzzer `massage`; there are message, record, image, unwind"),
            (["--minutes", "0"], "--minutes"),
            (["--jobs", "0"], "--jobs"),
        ):
            with self.subTest(arguments=arguments):
                done = self.cw("fuzz", *arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(answer, done.stderr)

    def test_without_a_fuzzer_it_says_so(self) -> None:
        (self.folder / "build/fuzz/core/fuzz/message_fuzz").unlink()
        self.assertIn("leave --no-build out", self.cw("fuzz", "message", "--no-build").stderr)


if __name__ == "__main__":
    unittest.main()
