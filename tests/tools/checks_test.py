"""Each source check finds an offence planted for it, at its file and line, and passes what is right."""

import shutil
import subprocess
import unittest

import support
import format as format_check
import layers
import names


class LayersTest(support.ScratchTest):
    def offences(self) -> list[str]:
        return layers.check(self.folder)[0]

    def test_every_arrow_may_be_followed(self) -> None:
        self.write("core/include/cw/core/a.hpp", "#include <cw/abi/x.hpp>\n#include <cstdint>\n")
        self.write("sdk/include/cw/sdk/a.hpp", "#include <cw/core/a.hpp>\n")
        self.write("loader/src/a.cpp", "#include <cw/core/a.hpp>\n")
        self.write("examples/core/a.cpp", "#include <cw/core/a.hpp>\n#include <thread>\n")
        self.write("modules/m/include/cw/modules/m.hpp", "#include <cw/sdk/a.hpp>\n")
        self.write("modules/n/n.cpp", "#include <cw/modules/m.hpp>\n")
        self.write("kernel/src/a.cpp", '#include "a.hpp"\n#include <cw/loader/image.hpp>\n')
        self.write("kernel/src/a.hpp", "")
        self.write("kernel/arch/riscv64/trap.S", '#include "frame.hpp"\n')
        self.write("kernel/arch/generic/frame.hpp", "")
        self.write("loader/tests/a_test.cpp", "#include <thread>\n#include <cw/sdk/a.hpp>\n")
        self.write("loader/fuzz/a_fuzz.cpp", "#include <cstdio>\n")
        self.write("tests/x.cpp", '#include <cw/kernel/a.hpp>\n#include "../kernel/src/a.hpp"\n')
        self.assertEqual(self.offences(), [])

    def test_no_arrow_may_be_turned(self) -> None:
        for part, name in (
            ("abi", "core"),
            ("core", "loader"),
            ("core", "sdk"),
            ("loader", "sdk"),
            ("sdk", "loader"),
            ("sdk", "modules"),
            ("modules/m", "loader"),
            ("modules/m", "kernel"),
            ("modules/m/test", "kernel"),
            ("modules/m", "hosted"),
            ("kernel", "sdk"),
            ("kernel", "modules"),
            ("kernel", "hosted"),
            ("hosted", "kernel"),
            ("tools", "loader"),
            ("examples", "sdk"),
        ):
            with self.subTest(part=part, name=name):
                path = self.write(f"{part}/planted.cpp", f"\n#  include <cw/{name}/x.hpp>\n")
                (offence,) = self.offences()
                self.assertIn(f"{part}/planted.cpp:2: ", offence)
                path.unlink()

    def test_private_headers_stay_private(self) -> None:
        self.write("kernel/src/secret.hpp", "")
        self.write("modules/a/secret_a.hpp", "")
        self.write("loader/src/a.cpp", '#include "secret.hpp"\n')
        self.write("loader/src/b.cpp", '#include "../../kernel/src/secret.hpp"\n')
        self.write("modules/b/b.cpp", '#include "secret_a.hpp"\n')
        self.write("sdk/a.cpp", '#include "nowhere.hpp"\n')
        expected = ["private header of kernel/", "private header of kernel/", "is nowhere in sdk/", "header of modules/"]
        found = self.offences()
        self.assertEqual(len(found), 4, found)
        for offence, part in zip(found, expected):
            self.assertIn(part, offence)

    def test_parts_without_a_host_include_none_of_its_headers(self) -> None:
        self.write("core/a.cpp", "#include <thread>\n")
        self.write("kernel/a.cpp", "#include <sys/mman.h>\n")
        self.write("hosted/a.cpp", "#include <sys/mman.h>\n")
        self.assertEqual([offence.split(":")[0] for offence in self.offences()], ["core/a.cpp", "kernel/a.cpp"])

    def test_public_headers_lie_where_they_say(self) -> None:
        self.write("core/include/cw/loader/a.hpp", "")
        self.write("modules/a/include/cw/modules/b.hpp", "")
        self.write("sdk/a.cpp", '#include "cw/core/a.hpp"\n')
        found = self.offences()
        self.assertIn("include/cw/core/", found[0])
        self.assertIn("angle brackets", found[1])
        self.assertIn("is named a.hpp", found[2])

    def test_an_empty_tree_does_not_pass(self) -> None:
        script = support.ROOT / "tools" / "checks" / "layers.py"
        empty = subprocess.run([str(shutil.which("python3")), str(script), str(self.folder)], capture_output=True)
        self.assertEqual(empty.returncode, 1)


@unittest.skipUnless(shutil.which(format_check.PROGRAM), "no clang-format")
class FormatTest(support.ScratchTest):
    def setUp(self) -> None:
        super().setUp()
        shutil.copy(support.ROOT / ".clang-format", self.folder)

    def test_planted_offence_is_found_at_its_line(self) -> None:
        self.write("core/good.hpp", "int a;\n")
        self.write("core/bad.hpp", "int a;\nint   b;\n")
        offences, count = format_check.check(self.folder)
        self.assertEqual((count, [offence.split(": ")[0] for offence in offences]), (2, ["core/bad.hpp:2"]))


class NamesTest(support.ScratchTest):
    def test_planted_names_are_found(self) -> None:
        subprocess.run(["git", "init", "-q", str(self.folder)], check=True)
        self.write("good.md", "see docs/work/x and https://example.org/work/\n")
        # Put together here, so that this file holds none of them.
        self.write("path.txt", "\n" + "/".join(["", "home", "me", "x"]) + "\n")
        self.write("host.py", "url = 'https://" + "pypi" + ".org/simple'\n")
        self.write(".gitignore", "ignored\n")
        self.write("ignored", "/".join(["", "home", "me"]))
        offences, count = names.check(self.folder)
        self.assertEqual(count, 4)
        self.assertEqual([offence.split(": ")[0] for offence in offences], ["host.py:1", "path.txt:2"])


if __name__ == "__main__":
    unittest.main()
