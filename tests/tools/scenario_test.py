"""Scenario files: what they may say, and that a slip in one is an error instead of a test of nothing."""

import hashlib
import os
import re
import unittest

import support
from cw import registration, scenario
from cw.failure import Failure
from cw.host import LINUX, RISCV64
from cw.machine import Machine
from cw.scenario import Run

LEAST = 'summary = "s"\nexpect = ["ready"]\n'


class ScenarioTest(support.ScratchTest):
    def load(self, text: str, name: str = "sample.toml") -> scenario.Scenario:
        return scenario.load(self.write(name, text))

    def refused(self, message: str, text: str, name: str = "sample.toml") -> None:
        with self.assertRaisesRegex(Failure, message):
            self.load(text, name)

    def test_defaults(self) -> None:
        loaded = self.load(LEAST)
        self.assertEqual((loaded.name, loaded.harts), ("sample", (1,)))
        self.assertEqual((loaded.forbid, loaded.exit_status), (("PANIC",), 0))
        self.assertIsNone(loaded.commands)
        self.assertTrue(loaded.power_off)
        self.assertEqual([loaded.test_name(run) for run in loaded.runs()], ["system.sample.h1", "linux.sample", "linux-asan.sample", "linux-tsan.sample"])

    def test_everything_it_may_say(self) -> None:
        loaded = self.load(
            LEAST + 'harts = [1, 2, 4]\nmodules = ["echo_test"]\ncommands = ["lsmod"]\nforbid = []\nexit = 3\n'
            'timeout = 9.5\nsilence = 4\nmemory = 600\nicount = true\nappend = "x"\nqemu_args = ["-s"]\n'
            "power_off = false\n"
            '[[file]]\nname = "t"\ntext = "hi"\n[[file]]\nname = "g"\nsize = 1000\nseed = 7\n'
            '[[type]]\nafter = "cw> "\nsend = "ls\\t"\n'
        )
        self.assertEqual((loaded.harts, loaded.exit_status, loaded.commands), ((1, 2, 4), 3, ("lsmod",)))
        self.assertEqual((loaded.limits.total_seconds, loaded.limits.silence_seconds), (9.5, 4))
        self.assertEqual([len(entry.data) for entry in loaded.files], [2, 1000])
        self.assertEqual(loaded.typed[0].send, "ls\t")

    def test_generated_files_are_the_same_everywhere(self) -> None:
        text = LEAST + '[[file]]\nname = "g"\nsize = 100000\nseed = 7\n'
        digest = hashlib.sha256(self.load(text).files[0].data).hexdigest()
        self.assertEqual(digest, "6ce7db45c8db49e09ecbf655ac03611a501fabd0171b145fcdf71f8c5a836c09")

    def test_patterns_are_filled_in(self) -> None:
        loaded = self.load(
            'summary = "s"\nexpect = ["@HARTS@ harts", "@HART:6@", "@SHA256:t@", "@SIZE:t@"]\n[[file]]\nname = "t"\ntext = "hi"\n'
        )
        expanded = loaded.patterns(loaded.expect, Run(RISCV64, 4))
        self.assertEqual(expanded, ["4 harts", "2", hashlib.sha256(b"hi").hexdigest(), "2"])

    def test_slips_are_errors(self) -> None:
        self.refused("unknown key expects", LEAST + 'expects = ["x"]')
        self.refused("summary is missing", 'expect = ["x"]')
        self.refused("expect is missing", 'summary = "s"')
        self.refused("harts must be a list of numbers", LEAST + "harts = [9]")
        self.refused("exit must be of type int", LEAST + 'exit = "0"')
        self.refused("exit must be of type int", LEAST + "exit = true")
        self.refused("modules must be a list of strings", LEAST + "modules = [1]")
        self.refused("is no pattern", 'summary = "s"\nexpect = ["(open"]')
        self.refused("names no file", 'summary = "s"\nexpect = ["@SIZE:none@"]')
        self.refused("file: t needs one of text, size and built", LEAST + '[[file]]\nname = "t"\n')
        self.refused(
            "file: t needs one of text, size and built", LEAST + '[[file]]\nname = "t"\ntext = "a"\nbuilt = "riscv64/t.bin"\n'
        )
        self.refused("file: unknown key txt", LEAST + '[[file]]\nname = "t"\ntext = ""\ntxt = ""\n')
        self.refused("type: needs after", LEAST + '[[type]]\nsend = "x"\n')
        self.refused("sample.toml", "not toml")
        self.refused("the name must be", LEAST, name="Bad-Name.toml")

    def test_every_placement_is_walked(self) -> None:
        loaded = self.load('summary = "s"\ncommands = ["lsmod"]\nevery_placement = "echo"\n')
        self.assertEqual((loaded.modules, loaded.commands[:3]), (("echo_test",), ("lsmod", "modprobe echo", "test echo_test")))
        self.assertIn("test --domain=echo echo_test", loaded.commands)
        self.assertIn(r"^  echo_test -> echo\.\w+ in echo: syscall$", loaded.expect)
        tests = [pattern for pattern in loaded.expect if pattern.startswith("^@tests")]
        self.assertEqual(len(tests), sum(command.startswith("test ") for command in loaded.commands))

    def test_names_are_found_beside_modules_too(self) -> None:
        self.write("tests/system/one.toml", LEAST)
        self.write("modules/m/tests/two.toml", LEAST)
        self.assertEqual([found.name for found in scenario.load_all(self.folder)], ["one", "two"])
        self.assertEqual(scenario.by_name(self.folder, "two").name, "two")
        with self.assertRaisesRegex(Failure, "no scenario is named three"):
            scenario.by_name(self.folder, "three")
        self.write("modules/m/tests/one.toml", LEAST)
        with self.assertRaisesRegex(Failure, "two scenarios are named one"):
            scenario.load_all(self.folder)

    def test_registers_one_test_a_hart_count(self) -> None:
        scenarios = [self.load(LEAST + "harts = [1, 4]\ntimeout = 5\n")]
        text = registration.scenario_tests(scenarios, RISCV64)
        self.assertEqual(text.count("add_test("), 2)
        self.assertIn("add_test([=[system.sample.h4]=]", text)
        self.assertIn("TIMEOUT 65 LABELS system PROCESSORS 1", text)
        text = registration.scenario_tests(scenarios, LINUX)
        self.assertEqual(text.count("add_test("), 1)
        self.assertIn("add_test([=[linux.sample]=]", text)
        self.assertIn("[=[--host]=] [=[linux]=]", text)
        self.assertIn("TIMEOUT 65 LABELS linux", text)

    def test_busy_harts_have_processors_to_themselves(self) -> None:
        scenarios = [self.load(LEAST + "harts = [1, 4]\nbusy = true\n")]
        for host, processors in ((RISCV64, ["2", "4"]), (LINUX, ["4"])):
            text = registration.scenario_tests(scenarios, host)
            self.assertEqual(re.findall(r"PROCESSORS (\d+)", text), processors)

    def test_what_only_qemu_has_keeps_it_there(self) -> None:
        for key in ("icount = true", 'qemu_args = ["-s"]'):
            with self.subTest(key=key):
                self.assertEqual(self.load(LEAST + key).hosts, (RISCV64,))
                self.refused("only QEMU has that; hosts cannot name linux", f'{LEAST}{key}\nhosts = ["linux"]')

    def test_hosts_may_be_named(self) -> None:
        self.assertEqual(self.load(LEAST).hosts, (RISCV64, LINUX))
        self.assertEqual(self.load(LEAST + 'hosts = ["linux"]').hosts, (LINUX,))
        for hosts in ('["plan9"]', "[]"):
            self.refused("hosts must be a list of riscv64 and linux", f"{LEAST}hosts = {hosts}")

    def test_on_linux_it_has_the_harts_of_this_machine(self) -> None:
        loaded = self.load('summary = "s"\nexpect = ["@HARTS@ harts"]\nharts = [4]\nappend = "x"\n')
        (run,) = (run for run in loaded.runs() if run.host is LINUX)
        self.assertEqual(loaded.patterns(loaded.expect, run), [f"{os.sysconf('SC_NPROCESSORS_ONLN')} harts"])
        self.assertEqual(loaded.machine(run), Machine(append="x"))

    def test_patterns_may_differ_by_host(self) -> None:
        loaded = self.load('summary = "s"\nexpect = ["a", { riscv64 = "b", linux = "c" }, { riscv64 = "d" }]\n')
        self.assertEqual(loaded.patterns(loaded.expect, Run(RISCV64, 1)), ["a", "b", "d"])
        self.assertEqual(loaded.patterns(loaded.expect, Run(LINUX, 2)), ["a", "c"])
        self.refused("expect is missing", 'summary = "s"\nexpect = [{ riscv64 = "a" }]')
        self.refused("is no pattern", 'summary = "s"\nexpect = ["a", { linux = "(" }]')
        for wrong in ("1", '{ plan9 = "a" }', "{ linux = 1 }"):
            self.refused("expect must be a list of strings, or of tables", f'summary = "s"\nexpect = [{wrong}]')

    def test_registration_quotes_anything(self) -> None:
        self.assertEqual(registration.quoted("a b"), "[=[a b]=]")
        self.assertEqual(registration.quoted("a]=]b"), "[==[a]=]b]==]")


if __name__ == "__main__":
    unittest.main()
