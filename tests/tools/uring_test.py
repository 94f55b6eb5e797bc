"""Which Linux the module `file` runs on."""

import unittest
from pathlib import Path

import support
from cw import uring


class UringTest(support.TreeTest):
    def switch(self, text: str) -> Path:
        """A switch that says so."""
        path = self.folder / "io_uring_disabled"
        path.write_text(text)
        return path

    def test_old_kernels_have_no_rings_in_our_memory(self) -> None:
        for release in ("6.1.0-26-amd64", "5.10", "6.4.99", "unknown"):
            self.assertIn(f"Linux {release} is older than 6.5", uring.missing(release, self.switch("0")))
        for release in ("6.5.0", "6.18.44-fc", "7.0"):
            self.assertEqual(uring.missing(release, self.switch("0")), "")

    def test_it_may_be_switched_off(self) -> None:
        self.assertIn("says 2", uring.missing("6.18", self.switch("2\n")))
        self.assertEqual(uring.missing("6.18", self.folder / "none"), "")


if __name__ == "__main__":
    unittest.main()
