"""The console's filters: the firmware's greeting is left out, escape codes go, trace lines get names."""

import unittest

import support  # noqa: F401  (finds the tools)
from cw.console import LineReader, LiveFilter, plain, without_banner
from cw.host import RISCV64
from cw.symbolize import Symbolizer, format_frames, source_name
from cw.terminal import EscapeKey

GREETING = ["", "OpenSBI v1.1", "   logo", "", "Boot HART MEDELEG         : 0x0000000000f0b509"]


class ConsoleTest(unittest.TestCase):
    def test_greeting_is_left_out_and_only_at_the_start(self) -> None:
        self.assertEqual(without_banner([*GREETING, "", "kernel", "OpenSBI v1.1"]), ["", "kernel", "OpenSBI v1.1"])

    def test_a_console_without_greeting_is_kept(self) -> None:
        self.assertEqual(without_banner(["kernel", *GREETING]), ["kernel", *GREETING])

    def test_escape_codes_go(self) -> None:
        self.assertEqual(plain("\x1b[1;32mcw>\x1b[0m \x1b[Kls\r"), "cw> ls")

    def test_lines_are_cut_wherever_bytes_arrive(self) -> None:
        reader = LineReader()
        self.assertEqual(reader.feed(b"on"), [])
        self.assertEqual(reader.feed(b"e\r\ntwo\nthr"), ["one", "two"])
        self.assertEqual(reader.close(), ["thr"])
        self.assertEqual(reader.close(), [])

    def test_live_output_is_shown_before_its_line_ends(self) -> None:
        live = LiveFilter(lambda line: " NAME" if line.startswith("@frame") else "")
        greeting = "\r\n".join(GREETING).encode()
        self.assertEqual(live.feed(greeting[:20]) + live.feed(greeting[20:] + b"\r\n"), b"")
        self.assertEqual(live.feed(b"cw"), b"cw")
        self.assertEqual(live.feed(b"> \r\n@fr"), b"> \r\n@fr")
        self.assertEqual(live.feed(b"ame 0x1\r\n"), b"ame 0x1 NAME\r\n")

    def test_leaving_key(self) -> None:
        keys = EscapeKey()
        self.assertEqual(keys.feed(b"a\x03\x01\x01\x01b"), b"a\x03\x01\x01b")
        self.assertFalse(keys.leave)
        self.assertEqual(keys.feed(b"z\x01"), b"z")
        self.assertEqual(keys.feed(b"xy"), b"")
        self.assertTrue(keys.leave)


class FrameTest(unittest.TestCase):
    def test_plain_frame(self) -> None:
        frame = {"FunctionName": "cw::f()", "FileName": "kernel/f.cpp", "Line": 7, "StartAddress": "0x100"}
        self.assertEqual(format_frames([frame], 0x112, 0), "cw::f()+0x12 (kernel/f.cpp:7)")

    def test_return_address_keeps_its_offset(self) -> None:
        frame = {"FunctionName": "f", "FileName": "", "Line": 0, "StartAddress": "0x100"}
        self.assertEqual(format_frames([frame], 0x111, 1), "f+0x12")

    def test_inlined_function_names_both(self) -> None:
        inner = {"FunctionName": "g", "FileName": "a.hpp", "Line": 3, "StartAddress": "0x100"}
        outer = {"FunctionName": "f", "FileName": "a.cpp", "Line": 9, "StartAddress": "0x100"}
        self.assertEqual(format_frames([inner, outer], 0x104, 0), "g (a.hpp:3), inlined into f+0x4 (a.cpp:9)")

    def test_unknown_address_adds_nothing(self) -> None:
        self.assertEqual(format_frames([{"FunctionName": "", "FileName": ""}], 1, 0), "")

    def test_sources_are_named_from_the_root(self) -> None:
        self.assertEqual(source_name("./build/riscv64/./core/src/a.cpp"), "core/src/a.cpp")
        self.assertEqual(source_name("./core/src/a.cpp"), "core/src/a.cpp")
        self.assertEqual(source_name("/usr/include/a.h"), "/usr/include/a.h")

    def test_other_lines_and_unknown_modules_add_nothing(self) -> None:
        symbolizer = Symbolizer(RISCV64)
        self.assertEqual(symbolizer.annotate("hello"), "")
        self.assertEqual(symbolizer.annotate("@frame 0x40 module=no_such_module offset=0x40"), "")


if __name__ == "__main__":
    unittest.main()
