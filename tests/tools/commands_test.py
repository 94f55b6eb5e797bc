"""Whole commands in a tree of their own, with a QEMU that is a script: what users see and what status they get."""

import json
import os
import select
import subprocess
import termios
import time
import unittest

import support

JOB = """
import hashlib
from pathlib import Path
assert script == ["main-job\\npoweroff\\n"], script
print("kernel up")
packed = [(entry.name, entry.content()) for entry in archive if entry.kind is Kind.FILE]
granted = [Path(word.removeprefix("file=")) for word in sys.argv if word.startswith("file=")]
for name, content in packed + [(path.name, path.read_bytes()) for path in granted]:
    for placement in ("kernel", "user-process", "sync-caller"):
        digest = hashlib.sha256(content).hexdigest()
        if name == "bad.txt" and placement == "sync-caller":
            digest = "0" * 64
        print(f"@job file={name} placement={placement} links=digest.sha256:ring sha256={digest}"
              " calls=2 instructions=10 syscalls=3 wakes=1 copied=0")
"""


class MainJobTest(support.TreeTest):
    QEMU = NUCLEUS = JOB

    def test_right_results_make_a_table(self) -> None:
        self.write("a file.txt", "hello")
        done = self.cw("run", "--no-build", "a file.txt")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("a file.txt  sync-caller   digest.sha256->ring", done.stdout)
        self.assertIn("1 file in 3 placements, all as this machine has them", done.stdout)
        self.assertNotIn("@job", done.stdout)

    def test_a_wrong_result_fails_and_says_which(self) -> None:
        self.write("bad.txt", "hello")
        done = self.cw("run", "--no-build", "bad.txt")
        self.assertEqual(done.returncode, 1)
        self.assertIn("bad.txt: wrong SHA-256 in placement sync-caller", done.stderr)
        self.assertIn("to reproduce: ./cw run --host=riscv64 bad.txt", done.stderr)

    def test_only_qemu_counts_instructions(self) -> None:
        self.write("a.txt", "hello")
        for host, count in (("riscv64", "5"), ("linux", "-")):
            done = self.cw("run", "--no-build", f"--host={host}", "a.txt")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, rf"a\.txt +kernel +digest\.sha256->ring +2 +{count} +3 ")

    def test_linux_reads_files_where_they_are(self) -> None:
        fake = self.folder / "build/linux/hosted/causeway"
        fake.write_text(fake.read_text().replace('print("kernel up")', "assert not any(e.kind is Kind.FILE for e in archive)"))
        self.write("a.txt", "hello")
        done = self.cw("run", "--no-build", "--host=linux", "a.txt")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_unusable_files_are_told_before_anything_is_built(self) -> None:
        done = self.cw("run", "none.txt")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("none.txt: No such file", done.stderr)


class ExecTest(support.TreeTest):
    QEMU = """
print("".join(script), end="")
print([e.name for e in archive if e.kind is Kind.MODULE])
if "hang" in script[0]:
    sys.stdout.flush()
    time.sleep(60)
sys.exit(5 if "fail" in script[0] else 0)
"""

    def test_commands_become_the_boot_script(self) -> None:
        done = self.cw("run", "--no-build", "--exec", "modprobe echo; say 'a; b'")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "modprobe echo\nsay 'a; b'\npoweroff\n['digest']\n")

    def test_status_of_the_guest_is_passed_on(self) -> None:
        self.assertEqual(self.cw("run", "--no-build", "--exec", "fail").returncode, 5)

    def test_commands_may_come_from_standard_input(self) -> None:
        self.assertIn("lsmod\npoweroff\n", self.cw("run", "--no-build", typed="lsmod\n").stdout)

    def test_a_hang_says_why_and_keeps_the_archive(self) -> None:
        done = self.cw("run", "--no-build", "--silence", "1", "--exec", "hang")
        self.assertEqual(done.returncode, 124)
        self.assertIn("no output for 1 s", done.stderr)
        (archive,) = (self.folder / "build" / "run").glob("*.archive")
        self.assertIn(archive.name, done.stderr)

    def test_other_runs_leave_no_archive(self) -> None:
        self.cw("run", "--no-build", "--exec", "fail")
        self.assertEqual(list((self.folder / "build" / "run").iterdir()), [])

    def test_unknown_commands_and_options_get_a_hint(self) -> None:
        self.assertIn("Did you mean `run`?", self.cw("rnu").stderr)
        wrong = self.cw("run", "--hart", "2")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("Try `./cw help run`", wrong.stderr)
        self.assertIn("9 harts asked for", self.cw("run", "--no-build", "--harts", "9", "--exec", "x").stderr)

    def test_what_would_hang_is_refused(self) -> None:
        done = self.cw("debug", "--no-build", "--icount")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("debug without it", done.stderr)

    def test_every_command_has_help(self) -> None:
        overview = self.cw("--help").stdout
        for line in overview.split("commands:\n")[1].split("\n\n")[0].splitlines()[:-1]:
            name = line.split()[0]
            with self.subTest(command=name):
                self.assertIn(f"usage: ./cw {name}", self.cw("help", name).stdout)


class LinuxTest(support.TreeTest):
    NUCLEUS = """
print(script, [e.name for e in archive if e.kind is Kind.MODULE], sys.argv[2:])
print("log", file=sys.stderr)
if "hang" in script[0]:
    sys.stdout.flush()
    time.sleep(60)
sys.exit(5 if "fail" in script[0] else 0)
"""

    def run_linux(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Runs what is built on Linux."""
        return self.cw("run", "--host=linux", "--no-build", *arguments, typed=typed)

    def test_boot_arguments_follow_the_archive(self) -> None:
        done = self.run_linux("--append", "log=serial first=echo", "--exec", "lsmod")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("['lsmod\\npoweroff\\n'] ['digest'] ['log=serial', 'first=echo']", done.stdout)
        self.assertIn("log\n", done.stdout)

    def test_commands_may_come_from_standard_input(self) -> None:
        self.assertIn("status\\npoweroff", self.run_linux(typed="status\n").stdout)

    def test_status_and_hangs_are_told(self) -> None:
        self.assertEqual(self.run_linux("--exec", "fail").returncode, 5)
        done = self.run_linux("--silence", "1", "--exec", "hang")
        self.assertEqual(done.returncode, 124)
        self.assertIn("to reproduce: build/linux/hosted/causeway build/run/run.archive", done.stderr)

    def test_what_only_qemu_has_is_refused_before_anything_is_built(self) -> None:
        for options in (["--harts", "2"], ["--icount"], ["--qemu-arg=-s"]):
            with self.subTest(options=options):
                done = self.cw("run", "--host=linux", *options, "--exec", "lsmod")
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertRegex(done.stderr, f"{options[0][:6]}.*: only QEMU has that; on Linux")

    def test_without_a_build_the_command_is_named(self) -> None:
        (self.folder / "build/linux/hosted/causeway").unlink()
        self.assertIn("run ./cw build --host=linux", self.run_linux("--exec", "lsmod").stderr)

    def test_build_takes_one_preset(self) -> None:
        done = self.cw("build", "hosted", "--host=linux")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("a preset or --host, not both", done.stderr)


class LinuxTerminalTest(support.TreeTest):
    NUCLEUS = """
import os, tty
tty.setcbreak(0)
assert os.isatty(1) and os.isatty(2) and not script
print("ready\\ncauseway> ", end="", flush=True)
print(sys.stdin.read(1))
print("@frame 0x1 module=none offset=0x2")
sys.exit(7)
"""

    def at_terminal(self, typed: bytes) -> tuple[int, str, bool]:
        """Types at the prompt of a shell: the exit status, all that was shown, whether the terminal is as before."""
        ours, its = os.openpty()
        self.addCleanup(os.close, ours)
        before = termios.tcgetattr(its)
        command = [str(self.folder / "cw"), "run", "--host=linux", "--no-build"]
        process = subprocess.Popen(command, cwd=self.folder, stdin=its, stdout=its, stderr=its)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        shown = b""
        end = time.monotonic() + 30
        while process.poll() is None or select.select([ours], [], [], 0)[0]:
            self.assertLess(time.monotonic(), end, shown)
            if select.select([ours], [], [], 0.1)[0]:
                shown += os.read(ours, 4096)
            if typed and b"causeway> " in shown:
                os.write(ours, typed)
                typed = b""
        restored = termios.tcgetattr(its) == before
        os.close(its)
        return process.returncode, shown.decode(), restored

    def test_keys_and_output_pass_through_a_terminal_of_its_own(self) -> None:
        status, shown, restored = self.at_terminal(b"k")
        self.assertEqual((status, restored), (7, True), shown)
        self.assertIn("Leave with the command `poweroff`, or with Ctrl-\\.", shown)
        self.assertIn("causeway> k\r\n@frame 0x1", shown)

    def test_control_backslash_leaves(self) -> None:
        status, shown, restored = self.at_terminal(b"\x1c")
        self.assertEqual((status, restored), (130, True), shown)


class ScenarioRunTest(support.TreeTest):
    QEMU = "print(f'{sys.argv[sys.argv.index(\"-smp\") + 1]} harts'); print('ready')"
    NUCLEUS = "print('a nucleus of', len(script), 'scripts')"

    def test_pass_and_failure(self) -> None:
        self.write("tests/system/good.toml", 'summary = "boots"\nexpect = ["@HARTS@ harts", "ready"]\nharts = [2]\n')
        self.write("tests/system/bad.toml", 'summary = "boots"\nexpect = ["ready", "steady"]\nexit = 1\n')
        self.write("tests/system/status.toml", 'summary = "boots"\nexpect = ["ready"]\nexit = 1\n')
        self.assertIn("--- last lines of the console ---\n1 harts\nready", self.cw("guest-test", "status").stdout)
        good, bad = self.cw("guest-test", "good"), self.cw("guest-test", "bad")
        self.assertEqual(good.returncode, 0, good.stdout)
        self.assertIn("system.good.h2: passed", good.stdout)
        self.assertEqual(bad.returncode, 1)
        self.assertIn("exit status 0, expected 1", bad.stdout)
        self.assertIn("expectation 2 of 2 was not seen: /steady/", bad.stdout)
        self.assertIn("again:   ./cw guest-test tests/system/bad.toml --harts 1 -v", bad.stdout)
        self.assertIn("ready", (self.folder / "build/log/system.bad.h1.txt").read_text())

    def test_on_linux(self) -> None:
        self.write("tests/system/good.toml", 'summary = "s"\nexpect = [{ riscv64 = "ready", linux = "a nucleus" }]\n')
        self.write("tests/system/bad.toml", 'summary = "s"\nexpect = ["ready"]\n')
        self.write("tests/system/elsewhere.toml", 'summary = "s"\nexpect = ["ready"]\nicount = true\n')
        good, bad = (self.cw("guest-test", name, "--host=linux") for name in ("good", "bad"))
        self.assertEqual(good.returncode, 0, good.stdout)
        self.assertIn("linux.good: passed", good.stdout)
        self.assertIn("again:   ./cw guest-test tests/system/bad.toml --host linux -v", bad.stdout)
        self.assertIn("by hand: build/linux/hosted/causeway build/run/linux.bad.archive", bad.stdout)
        self.assertIn("elsewhere.toml does not run on linux", self.cw("guest-test", "elsewhere", "--host=linux").stderr)
        self.assertIn("only QEMU has that", self.cw("guest-test", "good", "--host=linux", "--harts=2").stderr)


class BenchTest(support.TreeTest):
    QEMU = """
wakes = "bench wakes\\n" in script[0]
assert ("-icount" in sys.argv) != (wakes or "-plugin" in sys.argv)
def boot_of(name):
    if name.startswith("wakes_"):
        return "wakes"
    if name == "wake.idle_remote":
        return "remote"
    return "placements" if name.startswith(("call.process.", "call.kernel.")) else "paths"
boot = "wakes" if wakes else "placements" if "placements" in script[0] else "paths"
if "-plugin" in sys.argv:
    boot = "counted"
    pathlib.Path(sys.argv[sys.argv.index("-plugin") + 1].partition("out=")[2]).write_text("31\\n33\\n31\\n")
import tomllib
for target in tomllib.loads(pathlib.Path("tools/bench.toml").read_text())["figure"]:
    if boot_of(target["name"]) == boot:
        print(f"@figure name={target['name']} unit=instructions min=10 median=11 n=101")
"""

    def test_figures_are_shown_and_written(self) -> None:
        done = self.cw("bench", "--no-build", "--twice", "--json", "out.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"call\.slot +instructions +10 +11 +101 +12 +ok")
        document = json.loads((self.folder / "out.json").read_text())
        self.assertEqual(set(document), {"machine", "figures"})
        self.assertEqual(set(document["figures"][0]), {"name", "unit", "min", "median", "n"})
        self.assertEqual(len(document["figures"]), 42)

    def test_a_missing_figure_is_an_error(self) -> None:
        plan = (support.ROOT / "tools/bench.toml").read_text() + '\n[[figure]]\nname = "x"\nshows = "y"\n'
        self.write("tools/bench.toml", plan)
        self.fake.write_text(self.fake.read_text().replace("if boot_of", 'if target["name"] != "x" and boot_of'))
        done = self.cw("bench", "--no-build")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not measured: x", done.stderr)


class NewModuleTest(support.TreeTest):
    def test_a_new_module_is_written_once(self) -> None:
        first = self.cw("new", "module", "greeter")
        self.assertEqual(first.returncode, 0, first.stderr)
        module = self.folder / "modules" / "greeter"
        files = sorted(str(path.relative_to(module)) for path in module.rglob("*") if path.is_file())
        self.assertEqual(
            files,
            [
                "CMakeLists.txt",
                "README.md",
                "greeter.cpp",
                "include/cw/modules/greeter.hpp",
                "tests/greeter.toml",
                "tests/greeter_test.cpp",
            ],
        )
        for path in files:
            self.assertNotIn("@name@", (module / path).read_text())
        self.assertIn("exists already", self.cw("new", "module", "greeter").stderr)
        self.assertRegex(self.cw("list-scenarios").stdout, r"greeter +riscv64 linux +1 2 +the tests of greeter pass")

    def test_bad_names_are_refused(self) -> None:
        for name in ("Greeter", "1st", "a-b", "x" * 32, "class", "../up", ""):
            with self.subTest(name=name):
                self.assertEqual(self.cw("new", "module", name).returncode, 2)
        self.assertFalse((self.folder / "modules").exists())


if __name__ == "__main__":
    unittest.main()
