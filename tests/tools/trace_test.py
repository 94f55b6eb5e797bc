"""A trace as the console shows it becomes events that a viewer can show."""

import unittest

import support
import trace_events
from cw import trace, trace_json
from cw.failure import Failure

# A module 7, echo, in domain 2, called by module 5, shell, in domain 1, through channel 3.
ECHO = int.from_bytes(b"echo", "little")
SHELL = int.from_bytes(b"shell", "little")
CALL = f"{3 << 32 | 0x81:x}"
HEAD = ["@trace counter=1000 multiplier=8589934592 boot_ns=0", "@trace names echo echo.ping echo.null"]
NUCLEUS = [
    "@trace ring=1 track=1 domain=0 policy=0 name=nucleus",
    f"@t 100 d 100000005 1 {SHELL:x}",
    f"@t 101 d 200000007 2 {ECHO:x}",
    f"@t 102 e 3 {5 | 7 << 32:x}",
    "@trace end=1 read=3 lost=0 dropped=0 recorded=3 over=1",
]
CALLER = [
    "@trace ring=2 track=2 domain=1 policy=0 name=shell",
    "@t 110 7 5",
    f"@t 120 2 {CALL} 0 5",
    "@t 128 8",
    "@t 130 b ffff",
    "@t 150 c",
    f"@t 151 6 {CALL} 0 1",
    f"@t 152 1 {int.from_bytes(b'pinged', 'little'):x} 0 2a 7",
    "@t 153 8",
    "@trace end=2 read=8 lost=0 dropped=0 recorded=9 over=0",
]
CALLEE = [
    "@trace ring=3 track=3 domain=2 policy=0 name=echo",
    f"@t 131 3 {CALL} 0 7",
    f"@t 139 4 {CALL}",
    "@t 140 b",
    "@trace end=3 read=3 lost=4 dropped=5 recorded=7 over=1",
]
DUMP = [*HEAD, *NUCLEUS, *CALLER, *CALLEE, "@trace over"]


class TraceTest(unittest.TestCase):
    def document(self, lines: list[str]) -> dict:
        document = trace_json.convert(trace.parse(lines))
        self.assertEqual(list(trace_events.problems(document)), [])
        return document

    def test_a_call_is_slices_and_two_arrows(self) -> None:
        events = self.document(["other text", *DUMP])["traceEvents"]
        ping = next(event for event in events if event["name"] == "echo.ping" and event["ph"] == "B")
        self.assertEqual((ping["pid"], ping["tid"]), (2, 3))
        self.assertEqual(ping["ts"], (0x131 - 0x100) * 2 / 1000)  # A count is 2 ns.
        self.assertEqual(ping["args"]["client"], "shell")
        flows = [(event["ph"], event["name"], event["pid"]) for event in events if event["ph"] in "sf"]
        self.assertEqual(flows, [("s", "request", 1), ("f", "request", 2), ("s", "answer", 2), ("f", "answer", 1)])
        self.assertTrue(any(event["name"] == "pinged" and event["args"] == {"a": 42, "b": 7} for event in events))
        self.assertTrue(any(event["name"] == "echo: built" for event in events))
        names = {event["args"]["name"] for event in events if event["ph"] == "M"}
        self.assertEqual(names, {"kernel", "nucleus", "shell", "echo"})

    def test_losses_are_in_the_file(self) -> None:
        rings = self.document(DUMP)["otherData"]["rings"]
        self.assertEqual([(ring["read"], ring["lost"], ring["dropped"]) for ring in rings], [(3, 0, 0), (8, 0, 0), (3, 4, 5)])

    def test_what_was_cut_off_ends_where_its_thread_sleeps_or_its_trace_ends(self) -> None:
        cut = [line for line in CALLEE if not line.startswith("@t 139")]
        cut[-1] = "@trace end=3 read=2 lost=0 dropped=0 recorded=2 over=1"
        events = self.document([*HEAD, *NUCLEUS, *CALLER, *cut, "@trace over"])["traceEvents"]
        end = next(event for event in events if event["name"] == "echo.ping" and event["ph"] == "E")
        self.assertEqual((end["args"], end["ts"]), ({"cut_off": True}, (0x140 - 0x100) * 2 / 1000))
        self.assertEqual([event["ph"] for event in events if event["name"] == "answer"], [])  # An arrow has two ends.

    def test_ends_without_beginnings_are_left_out(self) -> None:
        late = ["@trace ring=2 track=2 domain=1 policy=0 name=shell", "@t 128 8", "@trace end=2 read=1 lost=9 dropped=0 recorded=10 over=1"]
        events = self.document([*HEAD, *NUCLEUS, *late, "@trace over"])["traceEvents"]
        self.assertEqual([event for event in events if event["tid"] == 2 and event["ph"] != "M"], [])

    def test_a_domain_number_that_is_used_again_is_another_process(self) -> None:
        second = [line.replace("ring=2 track=2", "ring=4 track=4").replace("end=2", "end=4") for line in CALLER]
        second[0] = second[0].replace("shell", "late")
        events = self.document([*HEAD, *NUCLEUS, *CALLER, *second, "@trace over"])["traceEvents"]
        processes = {event["args"]["name"]: event["pid"] for event in events if event["name"] == "process_name"}
        self.assertEqual(processes, {"kernel": 0, "shell": 1, "late": 1001})

    def test_names_that_nobody_knows_are_numbers(self) -> None:
        events = self.document([HEAD[0], *CALLEE, "@trace over"])["traceEvents"]
        self.assertTrue(any(event["name"] == "module 7 method 0" for event in events))

    def test_a_name_cannot_command_a_terminal(self) -> None:
        self.assertEqual(trace_json.text_of(int.from_bytes(b"a\x1b[2J\xff", "little")), "a.[2J.")

    def test_damaged_and_missing_lines_are_errors(self) -> None:
        for damaged in (
            DUMP[:-1],  # It does not end.
            [line for line in DUMP if not line.startswith("@t 120")],  # A record is missing.
            [line.replace("@t 120 2", "@t 120 99") for line in DUMP],
            [line.replace("@t 120 2", "@t 12z 2") for line in DUMP],
            [line.replace("policy=0", "policy=7") for line in DUMP],
            ["@trace what", *DUMP],
            [line.replace("recorded=7", "recorded=8") for line in DUMP],  # One was lost and not counted.
            DUMP[1:],  # Nobody knows how long a count is.
        ):
            with self.subTest(lines=damaged[:3]), self.assertRaises(Failure):
                trace.parse(damaged)

    def test_the_kinds_are_those_of_the_header(self) -> None:
        header = (support.ROOT / "core" / "include" / "cw" / "core" / "trace.hpp").read_text()
        body = header.partition("enum class What")[2].partition("};")[0]
        for what in trace.What:
            self.assertIn(f"    {what.name.lower()} = {what.value},", body)
        self.assertEqual(body.count(" = "), len(trace.What))


if __name__ == "__main__":
    unittest.main()
