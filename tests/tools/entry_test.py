"""The script `cw` on machines that lack Python: it installs it, or says what to do."""

import os
import shutil
import subprocess
import unittest

import support

NEEDED = ("dirname", "mkdir", "tail", "env", "sh", "id")


class EntryTest(support.ScratchTest):
    def setUp(self) -> None:
        super().setUp()
        shutil.copy(support.ROOT / "cw", self.folder / "cw")
        for name in NEEDED:
            source = shutil.which(name)
            assert source is not None
            self.write(f"bin/{name}", "").unlink()
            (self.folder / "bin" / name).symlink_to(source)

    def cw(self) -> subprocess.CompletedProcess[str]:
        """Runs the script with only the programs of this test's folder."""
        return subprocess.run(
            [str(self.folder / "bin" / "sh"), str(self.folder / "cw"), "--help"],
            env={**os.environ, "PATH": str(self.folder / "bin")},
            capture_output=True,
            text=True,
            check=False,
        )

    def test_without_apt_get_it_says_what_is_missing(self) -> None:
        done = self.cw()
        self.assertEqual(done.returncode, 1)
        self.assertIn("python3 (3.11 or newer) is missing and there is no apt-get", done.stderr)

    def test_without_rights_it_says_what_to_type(self) -> None:
        self.program("bin/apt-get", "#!/bin/sh\nexit 0\n")
        (self.folder / "bin" / "id").unlink()
        self.program("bin/id", "#!/bin/sh\necho 1000\n")
        done = self.cw()
        self.assertEqual(done.returncode, 1)
        self.assertIn("apt-get install python3", done.stderr)

    def test_as_root_it_installs_and_goes_on(self) -> None:
        (self.folder / "bin" / "id").unlink()
        self.program("bin/id", "#!/bin/sh\necho 0\n")
        python = self.folder / "bin" / "python3"
        install = f"[ $1 = update ] || {{ echo '#!/bin/sh' >{python}; echo 'echo ran \"$@\"' >>{python}; "
        self.program("bin/apt-get", f"#!/bin/sh\n{install} {shutil.which('chmod')} +x {python}; }}\n")
        done = self.cw()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("installing python3", done.stderr)
        self.assertIn("tools/cw --help", done.stdout)

    def test_a_failed_installation_shows_its_log(self) -> None:
        (self.folder / "bin" / "id").unlink()
        self.program("bin/id", "#!/bin/sh\necho 0\n")
        self.program("bin/apt-get", "#!/bin/sh\necho no network\nexit 100\n")
        done = self.cw()
        self.assertEqual(done.returncode, 1)
        self.assertIn("no network", done.stderr)


if __name__ == "__main__":
    unittest.main()
