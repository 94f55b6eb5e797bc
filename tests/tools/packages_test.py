"""Package lists, and finding out what is missing by asking a dpkg-query that is not the system's."""

import os
import unittest
from unittest import mock

import support
from cw import packages, paths
from cw.failure import Failure

LIST = "# why\n[build]\nclang-19  # compiler\nlibstdc++-12-dev\n[run: build]\nqemu-system-misc\n[test: run]\nspin\n"


class PackagesTest(support.ScratchTest):
    def path(self, *extra: str) -> mock._patch_dict:
        """Only programs of this test's folder are found."""
        return mock.patch.dict(os.environ, {"PATH": ":".join([str(self.folder), *extra])})

    def test_groups_build_on_each_other(self) -> None:
        self.assertEqual(packages.required("test", LIST), ["clang-19", "libstdc++-12-dev", "qemu-system-misc", "spin"])

    def test_slips_in_the_list_are_errors(self) -> None:
        for text in ("clang-19\n", "[build]\ntwo words\n", "[build: none]\nclang-19\n"):
            with self.subTest(text=text), self.assertRaisesRegex(Failure, "package list"):
                packages.required("build", text)
        with self.assertRaisesRegex(Failure, r"no group \[nosuch\]"):
            packages.required("nosuch", LIST)

    def test_the_list_of_the_tree_serves_every_command(self) -> None:
        for group in packages.PROGRAMS:
            self.assertIn("clang-19", packages.required(group, packages.LIST.read_text()))

    def test_a_run_on_linux_needs_nothing_for_bare_metal(self) -> None:
        names = packages.required("linux", packages.LIST.read_text())
        self.assertFalse([name for name in names if "riscv" in name or "qemu" in name])

    def test_only_installed_packages_count(self) -> None:
        self.program(
            "dpkg-query", "#!/bin/sh\necho 'clang-19 installed'\necho 'spin config-files'\necho none >&2\nexit 1\n"
        )
        with self.path("/usr/bin", "/bin"):
            self.assertEqual(packages.missing(["clang-19", "spin", "none"]), ["spin", "none"])

    def test_nothing_missing_installs_nothing(self) -> None:
        self.program("dpkg-query", "#!/bin/sh\nfor p in clang-19 libstdc++-12-dev; do echo \"$p installed\"; done\n")
        self.program("apt-get", "#!/bin/sh\nexit 99\n")
        with self.path("/usr/bin", "/bin"):
            packages.ensure("build", self.write("list", LIST))

    def test_without_rights_the_command_to_type_is_told(self) -> None:
        self.program("dpkg-query", "#!/bin/sh\nexit 1\n")
        with self.path(), mock.patch("os.geteuid", return_value=1000):
            with self.assertRaisesRegex(Failure, "apt-get install --no-install-recommends clang-19 libstdc"):
                packages.ensure("build", self.write("list", LIST))

    def test_elsewhere_than_on_debian_programs_are_looked_for(self) -> None:
        with self.path(), self.assertRaisesRegex(Failure, r"not found: clang\+\+-19 ld.lld-19 cmake ninja\."):
            packages.ensure("build", self.write("list", LIST))

    def test_stale_lists_are_refreshed_before_installing(self) -> None:
        log = self.folder / "calls"
        self.program("dpkg-query", "#!/bin/sh\nexit 1\n")
        self.program("apt-cache", "#!/bin/sh\nexit 100\n")
        self.program("apt-get", f'#!/bin/sh\necho "$1" >>{log}\n')
        root = mock.patch("os.geteuid", return_value=0)
        logs = mock.patch.object(paths, "LOGS", self.folder / "log")
        with self.path("/usr/bin", "/bin"), root, logs, mock.patch("sys.stderr"):
            packages.ensure("build", self.write("list", LIST))
        self.assertEqual(log.read_text().split(), ["update", "install"])


if __name__ == "__main__":
    unittest.main()
