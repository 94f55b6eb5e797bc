"""Directories of this machine that are granted: how a person names them, and those that a test makes."""

import unittest
from pathlib import Path

import support
from cw import directories, scenario
from cw.directories import Granted, Item, Wanted
from cw.failure import Failure
from cw.host import LINUX, RISCV64
from cw.machine import Machine

LEAST = 'summary = "s"\nexpect = ["ready"]\ncommands = []\n'


class DirectoriesTest(support.ScratchTest):
    def test_a_name_and_a_path(self) -> None:
        folder = self.write("some/file", "").parent
        self.assertEqual(directories.parse(f"data={folder}"), Granted("data", folder.resolve()))
        read_only = directories.parse(f"data={folder}:ro")
        self.assertTrue(read_only.read_only)
        self.assertEqual(read_only.word, f"dir=data={folder.resolve()}:ro")

    def test_what_is_none(self) -> None:
        for text in ("data", "=/tmp", "data=", "data=/nowhere/at/all"):
            with self.assertRaises(Failure):
                directories.parse(text)

    def test_bare_metal_has_none(self) -> None:
        machine = Machine(directories=(Granted("data", Path("/tmp")),))
        with self.assertRaisesRegex(Failure, "--host=linux"):
            RISCV64.check(machine)
        LINUX.check(machine)
        self.assertIn("dir=data=/tmp", LINUX.command(machine, Path("a")))

    def test_a_test_makes_them_and_looks_afterwards(self) -> None:
        wanted = Wanted(
            "data",
            False,
            (Item("a/b", b"x"), Item("link", link="a/b"), Item("folder", folder=True), Item("pipe", pipe=True)),
            (("a/b", b"x"), ("new", b"y"), ("none", None)),
        )
        with directories.made([wanted]) as made:
            root = made.granted[0].path
            self.assertEqual((root / "link").read_bytes(), b"x")
            self.assertTrue((root / "folder").is_dir() and (root / "pipe").is_fifo())
            self.assertEqual(made.problems(), ["data/new is not there afterwards"])
            (root / "new").write_bytes(b"z")
            (root / "none").write_bytes(b"")
            (made.folder / "outside.txt").write_text("changed")
            self.assertEqual(len(made.problems()), 3)
        self.assertFalse(root.exists())

    def test_a_scenario_with_one_is_for_linux(self) -> None:
        text = LEAST + '[[directory]]\nname = "d"\nfile = [{ name = "a", text = "x" }]\nleft = [{ name = "b", none = true }]\n'
        loaded = scenario.load(self.write("sample.toml", text))
        self.assertEqual(loaded.hosts, (LINUX,))
        self.assertEqual(loaded.directories, (Wanted("d", False, (Item("a", b"x"),), (("b", None),)),))

    def test_slips_in_a_scenario(self) -> None:
        for slip in (
            "[[directory]]\n",
            '[[directory]]\nname = "d"\nwritable = true\n',
            '[[directory]]\nname = "d"\nfile = [{ name = "a" }]\n',
            '[[directory]]\nname = "d"\nfile = [{ name = "a", text = "x", folder = true }]\n',
            '[[directory]]\nname = "d"\nleft = [{ name = "a" }]\n',
            '[[directory]]\nname = "d"\nleft = [{ name = "a", text = "x", none = true }]\n',
        ):
            with self.assertRaises(Failure):
                scenario.load(self.write("sample.toml", LEAST + slip))
        with self.assertRaises(Failure):
            scenario.load(self.write("sample.toml", 'hosts = ["riscv64"]\n' + LEAST + '[[directory]]\nname = "d"\n'))


if __name__ == "__main__":
    unittest.main()
