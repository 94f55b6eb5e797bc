"""Code blocks of documents: what can be checked is found, what cannot is refused at its line."""

import sys
import unittest

import support

sys.path.insert(0, str(support.ROOT / "tests" / "docs"))
import blocks  # noqa: E402


class BlocksTest(support.ScratchTest):
    def test_pieces_of_a_file_are_joined_and_know_their_lines(self) -> None:
        document = self.write(
            "m.md",
            "# M\n\n```cpp modules/a/a.cpp\nint a;\n```\nmore\n```console\n$ ./cw\n```\n```cpp modules/a/a.cpp\nint b;\n```\n",
        )
        text = '#line 4 "docs/m.md"\nint a;\n#line 11 "docs/m.md"\nint b;\n'
        self.assertEqual(blocks.sources(document), {"modules/a/a.cpp": text})
        self.assertEqual(blocks.modules(document), ["a"])

    def test_what_nobody_checks_is_refused(self) -> None:
        for text, line in (
            ("\n    int a;\n", 2),
            ("```\nint a;\n```\n", 2),
            ("```cpp\nint a;\n```\n", 2),
            ("```cpp ../a.cpp\nint a;\n```\n", 2),
            ("```sh\n./cw run\n```\n", 2),
            ("```console\n$ ./cw run\n", 2),
        ):
            with self.subTest(text=text), self.assertRaisesRegex(blocks.BadBlock, f"m.md:{line}: "):
                blocks.blocks(self.write("m.md", text))


if __name__ == "__main__":
    unittest.main()
