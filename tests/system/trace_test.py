"""`./cw trace`: the file of a run is one that viewers can show, and says what happened, on each host that is built."""

import json
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "tools")]
import trace_events  # noqa: E402
from cw import trace  # noqa: E402
from cw.host import HOSTS  # noqa: E402

COMMANDS = [
    "modprobe --user-process echo",
    *["call echo.ping 1"] * 5,
    "call echo.late 1000",
    "rmmod echo; modprobe spout; modprobe --user-process faulty",
    "call echo.ping 1",  # It breaks a rule.
]


class TraceTest(unittest.TestCase):
    def built(self) -> list[str]:
        return [host.name for host in HOSTS.values() if host.nucleus.exists()]

    def test_allocations_are_those_that_were_counted(self) -> None:
        for host in self.built():
            with self.subTest(host=host), tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "trace.json"
                # What the command does, without the file: the dump itself is compared with what the sites say.
                commands = ["cell set trace/kmem 1", "trace start overwrite 32768", "modprobe --user-process echo"]
                commands += ["call echo.ping 1", "rmmod echo", "trace stop", "trace dump"]
                words = [sys.executable, str(ROOT / "tools" / "cw"), "run", f"--host={host}", "--no-build"]
                done = subprocess.run(
                    [*words, "--exec", "; ".join(commands)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
                )
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                recorded = trace.parse(done.stdout.splitlines())
                self.assertEqual(trace.miscounted(recorded), [])
                what = Counter(record.what for ring in recorded.rings for record in ring.records)
                self.assertGreater(what[trace.What.ALLOCATED], 20)
                self.assertGreater(what[trace.What.FREED], 10)
                self.assertEqual(what[trace.What.SITE_COUNTS], 2 * what[trace.What.SITE])
                words[2:3] = ["trace", "--kmem", "-o", str(path)]
                done = subprocess.run(
                    [*words, "--exec", "modprobe --user-process echo"], cwd=ROOT, capture_output=True, check=False, timeout=120
                )
                self.assertEqual(done.returncode, 0, done.stderr)
                document = json.loads(path.read_text())
                self.assertEqual(list(trace_events.problems(document)), [])
                names = {event["name"] for event in document["traceEvents"]}
                self.assertLessEqual({"allocated modules.records", "pages of modules.images"}, names)

    def trace(self, host: str) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "trace.json"
            words = [sys.executable, str(ROOT / "tools" / "cw"), "trace", f"--host={host}", "--no-build", "-o", str(path)]
            words += ["--module", "spout", "--module", "faulty", "--exec", "; ".join(COMMANDS)]
            done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("call: peer_died", done.stdout)
            return json.loads(path.read_text())

    def check(self, document: dict[str, Any]) -> None:
        self.assertEqual(list(trace_events.problems(document)), [])
        requests = Counter(event["name"] for event in trace_events.slices(document, "request"))
        self.assertEqual(requests["echo.ping"], 6)
        self.assertEqual(requests["echo.late"], 1)
        self.assertEqual(requests["modules.load"], 3)
        events = document["traceEvents"]
        for name in ("echo: started", "echo: gone", "faulty: broken", "faulty: gone", "spout: started"):
            self.assertTrue(any(event["name"] == name for event in events), name)
        # Each request came from somewhere, and was answered: but for the one that broke, and the one that ended the trace.
        of_calls = {event["args"]["call"]: event["name"] for event in trace_events.slices(document, "request")}
        arrived = {event["id"].split()[1] for event in events if event["ph"] == "f" and event["name"] == "request"}
        answered = {event["id"].split()[1] for event in events if event["ph"] == "f" and event["name"] == "answer"}
        self.assertEqual(of_calls.keys() - arrived, set())
        unanswered = sorted(name for call, name in of_calls.items() if call not in answered)
        self.assertEqual(unanswered, ["echo.ping", "trace.stop"])
        cut = [event["name"] for event in events if event["ph"] == "E" and event["args"].get("cut_off")]
        self.assertIn("echo.ping", cut)
        # Callers and callees are in domains and on threads that have names.
        names = {event["args"]["name"] for event in events if event["name"] == "process_name"}
        self.assertLessEqual({"kernel", "shell", "console", "echo", "faulty"}, names)
        self.assertEqual([ring for ring in document["otherData"]["rings"] if ring["lost"] or ring["dropped"]], [])

    def test_the_file_of_a_run_is_in_order(self) -> None:
        self.assertIn("riscv64", self.built())
        for host in self.built():
            with self.subTest(host=host):
                self.check(self.trace(host))


if __name__ == "__main__":
    unittest.main()
