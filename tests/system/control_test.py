"""On Linux `causeway sv` and others show what the shell of a running system shows, and whoever connects to its control
socket and is silent, slow, wrong or gone harms nobody else."""

import contextlib
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import unittest
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "linux"
COMMAND = BUILD / "hosted" / "causeway"
MODULES = BUILD / "modules"
GREETING = b"causeway-control-1\0"
HUNG = 100  # Seconds until something counts as that.
NOBODY = 65534
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def module(name: str) -> str:
    """A test module, as --load wants it."""
    return f"user-process:{BUILD}/tests/{name}.cwm"


# The nucleus under a sanitizer, by the name of its preset.
SANITIZED = {"linux-asan": "causeway_address", "linux-tsan": "causeway_thread"}


class System:
    """A system with a shell that is typed to."""

    nucleus = COMMAND

    def __init__(self, *options: str, environment: dict[str, str]) -> None:
        self.environment = environment
        self.process = subprocess.Popen(
            [self.nucleus, "run", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        self.text = ""
        self.changed = threading.Condition()
        self.marks = 0
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.wait_for("`poweroff` leaves")

    def _read(self) -> None:
        while block := os.read(self.process.stdout.fileno(), 65536):
            with self.changed:
                self.text += block.decode(errors="replace").replace("\r", "")
                self.changed.notify_all()

    def wait_for(self, text: str, begin: int = 0) -> int:
        """Where it ends on the console, once it is there."""
        with self.changed:
            if not self.changed.wait_for(lambda: text in self.text[begin:], HUNG):
                raise AssertionError(f"no {text!r} in {self.text[begin:]!r}")
            return self.text.index(text, begin) + len(text)

    def type(self, text: str) -> None:
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def shell(self, line: str) -> str:
        """What the shell shows for one command."""
        self.marks += 1
        begin = len(self.text)
        self.type(f"{line}\necho @{self.marks}\n")
        self.wait_for(f"\n@{self.marks}\n", begin)
        shown = ESCAPES.sub("", self.text[begin:])
        shown = shown[shown.index("\n") + 1 :]  # behind what was typed
        return shown[: shown.index(f"causeway> echo @{self.marks}\n")]

    def shell_status(self, line: str) -> tuple[str, int]:
        """The same, and what the command ended with."""
        lines = self.shell(f"{line}; status").splitlines(keepends=True)
        return "".join(lines[:-1]), int(lines[-1])

    def causeway(self, *words: str, status: int | None = None) -> subprocess.CompletedProcess[str]:
        done = causeway(*words, environment=self.environment)
        if status is not None and done.returncode != status:
            raise AssertionError(f"{words}: status {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def connect(self) -> socket.socket:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.settimeout(HUNG)
        while True:
            with contextlib.suppress(BlockingIOError):  # many connect at once
                client.connect(str(folder(self.environment) / str(self.process.pid)))
                return client

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdin.close()
        self.process.stdout.close()


def causeway(*words: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [COMMAND, *words], env=environment, capture_output=True, check=False, timeout=HUNG, stdin=subprocess.DEVNULL
    )
    # As it is: Python would take carriage returns away.
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def folder(environment: dict[str, str]) -> Path:
    return Path(environment["XDG_RUNTIME_DIR"]) / "causeway"


def request(*words: str) -> bytes:
    return GREETING + b"".join(word.encode() + b"\0" for word in words)


def answer(client: socket.socket) -> list[bytes]:
    """All messages until the other side closes."""
    messages = []
    while True:
        with contextlib.suppress(ConnectionResetError):  # what came before is still there
            if not (message := client.recv(1 << 17)):
                return messages
            messages.append(message)


class ControlTest(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)
        self.environment = {**os.environ, "XDG_RUNTIME_DIR": scratch.name}

    def system(self, *options: str) -> System:
        system = System(*options, environment=self.environment)
        self.addCleanup(self.close, system)
        return system

    def close(self, system: System) -> None:
        system.close()
        for report in ("Sanitizer", "runtime error:", "PANIC"):
            self.assertNotIn(report, system.text)

    def works(self, system: System) -> None:
        """Whatever has happened, the next command is run."""
        done = system.causeway("sv", "get", "time/scale.west_minutes", status=0)
        self.assertEqual((done.stdout, done.stderr), ("0\n", ""))
        self.assertIsNone(system.process.poll())

    def same(self, system: System, *words: str) -> str:
        """What both show while it stands still; their statuses are the same."""
        for _ in range(50):
            before, status = system.shell_status(" ".join(words))
            done = system.causeway(*words)
            if system.shell_status(" ".join(words)) != (before, status):
                continue
            self.assertEqual(done.stdout, before)
            self.assertEqual((done.returncode, done.stderr), (status, ""))
            return before
        raise AssertionError(f"{words}: never twice the same")


class CommandTest(ControlTest):
    def test_it_shows_what_the_shell_shows(self) -> None:
        system = self.system("--load", module("pulse"))
        self.works(system)  # from now on the module control is there
        for line, want in {
            "sv ls": "^pulse/still +live +pulse +:u32$",
            "sv ls time/": "^time/scale +live +kernel ",
            "sv get system/boot": "^{number=",
            "sv get pulse/still": "^7$",
            "sv get pulse/beat": "^{number=0 half=0}$",
            "sv get pulse/none": "^sv: pulse/none: there is no such variable",
            "sv get pulse/beat.third": "^sv: pulse/beat has no field third; it is number:u64,half:u64$",
            "sv": "^usage: sv ",
            "sv some thing": "^usage: sv ",
            "cell ls": "^pulse/tilt +rests ",
            "cell get pulse/level": "^50$",
            "cell get pulse/none": "^cell: pulse/none: there is no such cell",
            "cell set pulse/level 1k1": "^cell: 1k1 is no number$",
            "trace status": "^off, ",
            "trace start some": "^trace: some: want ",
            "kmemtop": r"^modules\.pools ",
            "kmemtop more": "^usage: kmemtop",
        }.items():
            with self.subTest(line=line):
                self.assertRegex(self.same(system, *line.split()), re.compile(want, re.MULTILINE))

    def test_cells_are_set_and_kept(self) -> None:
        system = self.system("--load", module("pulse"))
        self.assertEqual(system.causeway("cell", "set", "pulse/level", "500", status=0).stdout, "")
        self.assertEqual(self.same(system, "cell", "get", "pulse/level").split()[0], "500")
        self.assertRegex(self.same(system, "cell", "ls", "pulse/level"), "^pulse/level +held +control +500 of ")
        self.assertEqual(system.shell("cell set pulse/level 20"), "cell: pulse/level: control has it\n")
        done = system.causeway("cell", "set", "pulse/level", "8k", status=1)
        self.assertEqual(done.stdout, "cell: pulse/level: 8k is not within 10..1000\n")
        system.causeway("cell", "set", "pulse/tilt", "-99", status=0)
        self.assertEqual(system.shell("cell get pulse/tilt").split()[0], "-99")
        system.causeway("cell", "close", "pulse/tilt", status=0)
        system.causeway("cell", "close", "pulse/tilt", status=1)
        system.causeway("cell", "close", "pulse/level", status=0)
        self.assertEqual(system.shell("cell set pulse/level 20"), "")

    def test_traces_are_taken(self) -> None:
        system = self.system()
        system.causeway("trace", "start", "drop", "1024", status=0)
        self.assertRegex(system.shell("trace status"), "^on, drop, 1024 records each: ")
        system.causeway("trace", "stop", status=0)
        self.assertRegex(self.same(system, "trace", "status"), "^off, drop, 1024 records each: ")
        lines = system.causeway("trace", "dump", status=0).stdout.splitlines()
        self.assertRegex(lines[0], "^@trace counter=")
        self.assertEqual(lines[-1], "@trace over")
        self.assertTrue(any(line.startswith("@t ") for line in lines))

    def test_a_variable_is_watched(self) -> None:
        system = self.system("--load", module("pulse"))
        done = system.causeway("sv", "watch", "pulse/beat.number", "3", status=0)
        self.assertEqual(done.stdout, "0\n1\n2\n3\n")
        with self.watching(system, "pulse/still") as watch:
            self.assertEqual(watch.stdout.readline(), "7\n")
            self.works(system)  # others have their turn meanwhile
            system.shell("rmmod pulse")
            self.assertEqual(watch.stdout.readline(), "7 (gone)\n")

    @contextlib.contextmanager
    def watching(self, system: System, name: str) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [COMMAND, "sv", "watch", name], env=system.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as watch:
            yield watch
            watch.kill()

    def test_who_watches_may_go(self) -> None:
        system = self.system("--load", module("pulse"))
        for _ in range(40):  # more than there may be at a time
            with self.watching(system, "pulse/still") as watch:
                self.assertEqual(watch.stdout.readline(), "7\n")
        self.works(system)

    def test_the_module_may_end(self) -> None:
        system = self.system("--load", module("pulse"))
        with self.watching(system, "pulse/still") as watch:
            self.assertEqual(watch.stdout.readline(), "7\n")
            system.shell("rmmod control")
            self.assertEqual(watch.wait(HUNG), 2)
            self.assertEqual(watch.stderr.read(), "causeway: the module control has ended\n")
        self.works(system)

    def test_the_system_may_end(self) -> None:
        system = self.system("--load", module("pulse"))
        with self.watching(system, "pulse/still") as watch:
            self.assertEqual(watch.stdout.readline(), "7\n")
            system.type("poweroff 3\n")
            self.assertEqual(watch.wait(HUNG), 2)
            self.assertIn(f"the system {system.process.pid} has ended", watch.stderr.read())
        self.assertEqual(system.process.wait(HUNG), 3)
        self.assertEqual(list(folder(self.environment).iterdir()), [])

    def test_a_system_without_the_module_says_so(self) -> None:
        few = self.scratch / "few"
        few.mkdir()
        for name in ("shell", "console", "archive"):
            shutil.copy(MODULES / f"{name}.cwm", few)
        system = self.system("--modules", str(few))
        for _ in range(2):
            done = system.causeway("kmemtop", status=2)
            self.assertRegex(done.stderr, "^causeway: this system has no module that runs commands: control: ")


class ChoiceTest(ControlTest):
    def test_none_runs(self) -> None:
        for _ in range(2):
            done = causeway("sv", "ls", environment=self.environment)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertEqual(
                done.stderr,
                f"causeway: no system of yours runs (looked in {folder(self.environment)}); `causeway run` starts one\n",
            )
            folder(self.environment).mkdir(mode=0o700, exist_ok=True)

    def test_one_of_several_is_chosen(self) -> None:
        systems = [self.system("--load", module("pulse")), self.system()]
        done = systems[0].causeway("sv", "ls", status=2)
        self.assertIn("several systems run; choose one with --system PID:", done.stderr)
        for system in systems:
            self.assertRegex(done.stderr, rf"\n  {system.process.pid}  .*causeway[a-z_]* run")
        words = ["get", "pulse/still"]
        self.assertEqual(systems[0].causeway("sv", f"--system={systems[0].process.pid}", *words, status=0).stdout, "7\n")
        systems[0].causeway("sv", "--system", str(systems[1].process.pid), *words, status=1)
        done = systems[0].causeway("sv", "--system", "1", *words, status=2)
        self.assertIn("no system of yours has the process id 1; these run:", done.stderr)
        # What one that was killed has left is no system, and goes.
        systems[0].close()
        systems[1].causeway("sv", *words, status=1)
        self.assertEqual([path.name for path in folder(self.environment).iterdir()], [str(systems[1].process.pid)])

    def test_a_folder_that_others_can_enter_is_not_trusted(self) -> None:
        system = self.system()
        folder(self.environment).chmod(0o755)
        done = system.causeway("sv", "ls", status=2)
        self.assertIn("is no directory of this user's alone", done.stderr)
        later = self.system()
        self.assertIn("no commands from outside of this system: ", later.shell("log"))


class HostileTest(ControlTest):
    def test_what_is_no_command_is_refused(self) -> None:
        system = self.system()
        for rubbish in (
            b"sv\0ls\0",
            GREETING,
            GREETING[:-1],
            GREETING + b"sv",
            b"causeway-control-2\0sv\0ls\0",
            bytes(range(256)),
            b"\xff" * 1000,
            request("sv", "get", "x" * 2000),
            b"x" * 60000,
        ):
            with self.subTest(rubbish=rubbish[:40]), system.connect() as client:
                client.send(rubbish)
                messages = answer(client)
                self.assertEqual([message[:1] for message in messages], [b"r"])
            self.works(system)
        with system.connect() as client:
            client.send(b"")
            self.assertEqual(answer(client), [])
        self.works(system)

    def test_other_commands_are_not_run(self) -> None:
        system = self.system()
        for words in (("modprobe", "echo"), ("poweroff",), ("",), ("sv;poweroff",), ("sv", *"x" * 40)):
            with self.subTest(words=words), system.connect() as client:
                client.send(request(*words))
                messages = answer(client)
                self.assertEqual(messages[-1], b"s\1")
                self.assertRegex(messages[0], rb"^o(.*: no such command|usage: sv|a command has at most 32 words)")
            self.works(system)
        self.assertNotIn("\necho ", system.shell("lsmod"))

    def test_who_says_more_is_dropped(self) -> None:
        system = self.system("--load", module("pulse"))
        with system.connect() as client:
            client.send(request("sv", "watch", "pulse/still"))
            self.assertEqual(client.recv(100), b"o7\n")
            client.send(request("sv", "ls"))
            self.assertEqual(answer(client), [])
        self.works(system)

    def test_the_silent_make_room_and_go(self) -> None:
        system = self.system()
        with contextlib.ExitStack() as stack:
            silent = [stack.enter_context(system.connect()) for _ in range(50)]
            self.works(system)
            for client in silent:  # each is closed without an answer
                self.assertEqual(answer(client), [])
        self.works(system)

    def test_too_many_are_told(self) -> None:
        system = self.system("--load", module("pulse"))
        with contextlib.ExitStack() as stack:
            for _ in range(16):
                client = stack.enter_context(system.connect())
                client.send(request("sv", "watch", "pulse/still"))
                self.assertEqual(client.recv(100), b"o7\n")
            done = system.causeway("sv", "ls", status=2)
            self.assertEqual(done.stderr, "causeway: too many commands run already\n")
        for _ in range(50):  # until it is seen that they have gone
            if system.causeway("sv", "ls").returncode == 0:
                break
        self.works(system)

    def traced(self) -> System:
        """A system with more in its trace than sockets and queues hold."""
        system = self.system("--load", module("pulse"))
        system.shell("trace start overwrite 32768")
        while int(re.search(r"(\d+) recorded", system.shell("trace status"))[1]) < 32768:
            pass
        system.shell("trace stop")
        return system

    def readers(self, system: System) -> int:
        return int(re.search(r"(\d+) readers", system.shell("trace status"))[1])

    def test_who_leaves_half_way_leaves_nothing(self) -> None:
        system = self.traced()
        with system.connect() as client:
            client.send(request("trace", "dump"))
            while b"@trace ring=" not in client.recv(1 << 17):
                pass
        self.works(system)  # had to wait for its turn
        self.assertEqual(self.readers(system), 0)
        self.assertEqual(system.causeway("trace", "dump", status=0).stdout.splitlines()[-1], "@trace over")

    def test_who_takes_nothing_keeps_nobody(self) -> None:
        system = self.traced()
        with system.connect() as client:
            client.send(request("trace", "dump"))
            self.works(system)  # once the other one has been given up
            self.assertNotIn(b"s", {message[:1] for message in answer(client)})
        self.assertEqual(self.readers(system), 0)

    def test_no_domain_has_the_socket(self) -> None:
        system = self.system("--load", module("pulse"))
        self.works(system)
        path = str(folder(self.environment) / str(system.process.pid))
        table = Path("/proc/net/unix").read_text().splitlines()
        inodes = {line.split()[6] for line in table if line.endswith(path)}
        self.assertTrue(inodes)
        with system.connect() as client:
            client.send(request("sv", "watch", "pulse/still"))
            self.assertEqual(client.recv(100), b"o7\n")
            children = Path(f"/proc/{system.process.pid}/task/{system.process.pid}/children").read_text().split()
            tasks = Path(f"/proc/{system.process.pid}/task").iterdir()
            children = [child for task in tasks for child in (task / "children").read_text().split()]
            self.assertGreater(len(children), 2)
            for child in children:
                held = {os.readlink(link) for link in Path(f"/proc/{child}/fd").iterdir()}
                self.assertEqual(held & {f"socket:[{inode}]" for inode in inodes}, set())
                self.assertLessEqual(sum(name.startswith("socket:") for name in held), 1)

    @unittest.skipUnless(os.geteuid() == 0, "only root can be another user")
    def test_another_user_is_refused(self) -> None:
        system = self.system()
        path = folder(self.environment) / str(system.process.pid)
        self.assertEqual(stat.S_IMODE(path.parent.stat().st_mode), 0o700)
        for place in (self.scratch, path.parent, path):  # as it must never be
            place.chmod(0o777)
        code = (
            "import os, socket, sys\n"
            f"os.setgid({NOBODY}); os.setuid({NOBODY})\n"
            "client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
            "client.connect(sys.argv[1])\n"
            "print(client.recv(1000).decode())\n"
        )
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False, timeout=HUNG)
        self.assertEqual(done.stdout, "rthis system is another user's\n", done.stderr)
        path.parent.chmod(0o700)
        self.works(system)

    def test_a_system_outlives_signals_of_its_clients(self) -> None:
        system = self.system("--load", module("pulse"))
        watch = subprocess.Popen(
            [COMMAND, "sv", "watch", "pulse/still"], env=system.environment, stdout=subprocess.PIPE, text=True
        )
        self.assertEqual(watch.stdout.readline(), "7\n")
        watch.send_signal(signal.SIGINT)
        self.assertEqual(watch.wait(HUNG), -signal.SIGINT)
        watch.stdout.close()
        self.works(system)


class Together(unittest.TestSuite):
    """Tests that run at the same time: each has systems of its own, and mostly waits for a limit of the control socket."""

    def tests(self) -> Iterator[unittest.TestCase]:
        for test in self:
            if isinstance(test, Together):
                yield from test.tests()
            else:
                yield test

    def run(self, result: unittest.TestResult, debug: bool = False) -> unittest.TestResult:  # noqa: ARG002, FBT001, FBT002
        def run_one(test: unittest.TestCase) -> unittest.TestResult:
            own = unittest.TestResult()
            test.run(own)
            return own

        tests = list(self.tests())[::-1]  # those that wait longest are the last of the file
        with ThreadPoolExecutor(max_workers=4) as pool:
            for own in pool.map(run_one, tests):
                result.testsRun += own.testsRun
                result.failures += own.failures
                result.errors += own.errors
                result.skipped += own.skipped
        return result


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in SANITIZED:
        System.nucleus = COMMAND.with_name(SANITIZED[sys.argv.pop(1)])
    loader = unittest.TestLoader()
    loader.suiteClass = Together
    unittest.main(testLoader=loader)
