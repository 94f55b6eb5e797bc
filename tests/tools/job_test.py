"""Rows of the main job: reading them, and every way in which their sum can be wrong."""

import hashlib
import unittest

import support
from cw import job
from cw.failure import Failure

HASH = hashlib.sha256(b"content").hexdigest()


def line(file: str = "a.txt", placement: str = "kernel", sha256: str = HASH) -> str:
    return (
        f"@job file={file} placement={placement} links=digest.sha256:ring,archive.read:syscall sha256={sha256}"
        " calls=4 instructions=1000 syscalls=2 wakes=1 copied=0"
    )


class JobTest(support.ScratchTest):
    def test_reads_a_row(self) -> None:
        row = job.parse_row(line())
        self.assertEqual((row.file, row.placement, row.calls, row.instructions), ("a.txt", "kernel", 4, 1000))
        self.assertEqual(row.links, (("digest.sha256", "ring"), ("archive.read", "syscall")))
        self.assertEqual((row.syscalls, row.wakes, row.copied), (2, 1, 0))

    def test_file_names_may_hold_spaces_and_look_like_values(self) -> None:
        self.assertEqual(job.parse_row(line(file="my placement=x file")).file, "my placement=x file")

    def test_damaged_rows_are_errors(self) -> None:
        for damaged in ("@job", line()[:-1], line(sha256="12"), line() + " more=1", line().replace(":ring", "")):
            with self.subTest(line=damaged), self.assertRaisesRegex(Failure, "malformed"):
                job.parse_row(damaged)

    def test_complete_and_right_rows_pass(self) -> None:
        rows = [job.parse_row(line(placement=placement)) for placement in job.PLACEMENTS]
        self.assertEqual(job.check(rows, {"a.txt": HASH}), [])

    def test_missing_double_unknown_and_wrong_rows_are_told(self) -> None:
        lines = [line(), line(), line(placement="sync-caller", sha256="0" * 64), line(file="b.txt")]
        rows = [job.parse_row(text) for text in lines]
        wrong = job.check(rows, {"a.txt": HASH})
        self.assertEqual(wrong[0], "a.txt: two rows for placement kernel")
        self.assertIn(f"wrong SHA-256 in placement sync-caller\n    expected: {HASH}\n    computed: {'0' * 64}", wrong[1])
        self.assertIn("b.txt: a row nobody asked for", wrong[2])
        self.assertEqual(wrong[3:], ["a.txt: no result for placement user-process"])

    def test_table_shows_links_and_instructions_a_call(self) -> None:
        table = job.render([job.parse_row(line())], exact=True)
        self.assertIn("digest.sha256->ring, archive.read->syscall", table)
        self.assertIn(" 250 ", table)
        self.assertNotIn(" 250 ", job.render([job.parse_row(line())], exact=False))

    def test_host_digests(self) -> None:
        self.assertEqual(job.host_digests([self.write("a.txt", "content")]), {"a.txt": HASH})


if __name__ == "__main__":
    unittest.main()
