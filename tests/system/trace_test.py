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
from cw.host import HOSTS  # noqa: E402

COMMANDS = [
    "modprobe --user-process echo",
    *["call echo.ping 1"] * 5,
    "call echo.late 1000",
    "rmmod echo; modprobe spout; modprobe --user-process faulty",
    "call echo.ping 1",  # It breaks a rule.
]


class TraceTest(unittest.TestCase):
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
        built = [host.name for host in HOSTS.values() if host.nucleus.exists()]
        self.assertIn("riscv64", built)
        for host in built:
            with self.subTest(host=host):
                self.check(self.trace(host))


if __name__ == "__main__":
    unittest.main()
