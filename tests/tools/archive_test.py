"""The boot archive's layout, its being reproducible, and every input it refuses."""

import struct
import unittest
from pathlib import Path

import support
from cw import archive
from cw.archive import Entry, Kind
from cw.failure import Failure


class ArchiveTest(support.ScratchTest):
    def setUp(self) -> None:
        super().setUp()
        self.target = self.folder / "boot.archive"

    def pack(self, *entries: Entry) -> bytes:
        size = archive.pack(entries, self.target)
        data = self.target.read_bytes()
        self.assertEqual(size, len(data))
        return data

    def test_layout_is_the_one_of_the_abi_header(self) -> None:
        data = self.pack(Entry(Kind.FILE, "a.txt", data=b"hello"))
        self.assertEqual(data[:8], b"CCWARCV1")
        self.assertEqual(struct.unpack_from("<QIIQQ", data), (0x3156435241574343, 1, 1, 8192, 0))
        self.assertEqual(struct.unpack_from("<QQIIII", data, 32), (4096, 5, 64, 5, 0, 0))
        self.assertEqual(data[64:69], b"a.txt")
        self.assertEqual(data[69:4096], bytes(4096 - 69))
        self.assertEqual(data[4096:], b"hello" + bytes(4096 - 5))

    def test_same_entries_in_any_order_give_same_bytes(self) -> None:
        entries = [Entry(Kind.SCRIPT, "boot", b"x"), Entry(Kind.FILE, "b", b"1"), Entry(Kind.FILE, "a", b"2" * 5000)]
        self.assertEqual(self.pack(*entries), self.pack(*reversed(entries)))

    def test_reads_back_what_was_packed(self) -> None:
        entries = [Entry(Kind.FILE, "empty"), Entry(Kind.FILE, "page", b"p" * 4096), Entry(Kind.MODULE, "m", b"elf")]
        self.assertEqual(archive.unpack(self.pack(*entries)), entries)

    def test_empty_archive_is_a_page(self) -> None:
        self.assertEqual(len(self.pack()), 4096)

    def test_names_beyond_one_page_push_the_data_up(self) -> None:
        entries = [Entry(Kind.FILE, f"{i:0200}", bytes([i])) for i in range(40)]
        self.assertEqual(archive.unpack(self.pack(*entries)), entries)

    def test_one_name_may_serve_two_kinds_but_not_twice_one(self) -> None:
        self.pack(Entry(Kind.FILE, "boot", b"f"), Entry(Kind.SCRIPT, "boot", b"s"))
        with self.assertRaisesRegex(Failure, "two modules are named m"):
            self.pack(Entry(Kind.MODULE, "m", b"1"), Entry(Kind.MODULE, "m", b"2"))

    def test_duplicate_base_names_are_refused_with_both_paths(self) -> None:
        one, two = self.write("x/same.txt", "1"), self.write("y/same.txt", "2")
        with self.assertRaisesRegex(Failure, f"same.txt: {one} and {two}"):
            archive.user_files([one, two])

    def test_directories_and_missing_files_are_refused(self) -> None:
        with self.assertRaisesRegex(Failure, "is a directory"):
            archive.user_files([self.folder])
        with self.assertRaisesRegex(Failure, "No such file"):
            archive.user_files([self.folder / "none"])
        with self.assertRaisesRegex(Failure, "is no regular file"):
            archive.user_files([Path("/dev/null")])

    def test_names_that_break_console_lines_are_refused(self) -> None:
        for name in ("", "a\nb", "tab\t", "n" * 256):
            with self.subTest(name=name), self.assertRaises(Failure):
                archive.check_name(name)
        archive.check_name("with space, ünïcode.txt")

    def test_damaged_archives_are_refused(self) -> None:
        good = self.pack(Entry(Kind.FILE, "a", b"hello"))
        for offset in (0, 8, 16, 24, 32, 40, 48, 52, 56, 60):
            damaged = bytearray(good)
            damaged[offset] ^= 0xFF
            damaged[offset + 1] ^= 0xFF
            with self.subTest(offset=offset), self.assertRaises(Failure):
                archive.unpack(bytes(damaged))
        for size in (0, 31, 4096):
            with self.subTest(size=size), self.assertRaises(Failure):
                archive.unpack(good[:size])


if __name__ == "__main__":
    unittest.main()
