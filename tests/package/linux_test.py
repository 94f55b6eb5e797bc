"""Causeway on Linux, installed, does for programmes outside of the tree what it says.

    linux_test.py CASE --build BUILD     BUILD: the build folder of the preset linux, built

Each case installs into a folder of its own and works there on copies.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPILER = "clang++-19"


class Failed(Exception):
    """What the package does wrong."""


def run(command: list[str], folder: Path, status: int = 0, **environment: str) -> str:
    """What the command printed, on both streams; it must end with this status."""
    answer = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        input="still the programme's\n",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=200,
        start_new_session=True,  # a case sends a signal to its group
    )
    if answer.returncode != status:
        raise Failed(f"{' '.join(command)}: status {answer.returncode}, not {status}\n{answer.stdout}")
    return answer.stdout


def want(pattern: str, text: str) -> re.Match[str]:
    """The pattern occurs in the text."""
    if match := re.search(pattern, text, re.MULTILINE):
        return match
    raise Failed(f"nothing like {pattern!r} in:\n{text}")


class Package:
    """An installed package and a folder to work in."""

    def __init__(self, build: Path, folder: Path) -> None:
        self.prefix = folder / "prefix"
        self.folder = folder / "outside"
        self.folder.mkdir()
        run(["cmake", "--install", str(build), "--prefix", str(self.prefix)], folder)
        self.command = str(self.prefix / "bin" / "causeway")

    def build_example(self) -> Path:
        """The folder of examples/plugin-host, built from a copy."""
        source = self.folder / "plugin-host"
        shutil.copytree(ROOT / "examples" / "plugin-host", source)
        run(
            ["cmake", "-S", str(source), "-B", "built", "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={COMPILER}",
             f"-DCMAKE_PREFIX_PATH={self.prefix}"],
            self.folder,
        )
        run(["cmake", "--build", "built"], self.folder)
        return self.folder / "built"


def check_example(output: str) -> None:
    """One answer is lost with the plug-in that crashes, and the same one in either placement."""
    want(r"^  user-process +a line a call +100000 calls +\d+ ns/call", output)
    want(r"^  sync-caller +a line a call +100000 calls +\d+ ns/call", output)
    if len(set(re.findall(r"kept (\d+ lines, \w+)$", output, re.MULTILINE))) != 1:
        raise Failed(f"the placements do not keep the same lines:\n{output}")
    want(r"^  the same lines in every placement$", output)
    for placement in ("user-process", "sync-caller"):
        part = want(rf"^by_code, {placement}:\n((?:  .*\n)+)", output)[1]
        want(r"log: by_code: (ended|stopped): read of an unmapped address", part)
        calls = want(r"^  answered: (\d+) of (\d+) calls", part)
        if int(calls[1]) != int(calls[2]) - 1 or part.count("lost: ") != 1:
            raise Failed(f"more than one answer is lost:\n{part}")
    want(r"shares its fate", output)
    want(r"^the host has survived all of it$", output)


def plugin_host(package: Package) -> None:
    """The example, built against the package, loses nothing but the answers of the plug-in that crashes."""
    folder = package.build_example()
    run(["./plugin-host", "--sample", "sample.log"], folder)
    check_example(run(["./plugin-host", "sample.log"], folder))


def finds_a_lost_answer(package: Package) -> None:
    """check_example() is not content with everything: a host that skips a piece after each crash."""
    source = package.folder / "plugin-host"
    original = shutil.copytree
    try:
        shutil.copytree = lambda *names: (original(*names), _break(source / "passes.cpp"))[0]
        folder = package.build_example()
    finally:
        shutil.copytree = original
    run(["./plugin-host", "--sample", "sample.log"], folder)
    output = run(["./plugin-host", "sample.log"], folder)
    try:
        check_example(output)
    except Failed:
        return
    raise Failed("a lost answer was not found")


def _break(path: Path) -> None:
    text = path.read_text()
    line = "        pass.lost.push_back(pieces[next]);\n"
    if line not in text:
        raise Failed(f"{path.name} has changed: what is broken in it is not there")
    path.write_text(text.replace(line, 2 * line))


def embedding(package: Package) -> None:
    """A programme made with pkg-config alone, which checks the interface from inside."""
    flags = run(
        ["pkg-config", "--cflags", "--libs", "causeway-hosted"],
        package.folder,
        PKG_CONFIG_PATH=f"{package.prefix}/lib/pkgconfig:{package.prefix}/share/pkgconfig",
    ).split()
    source = ROOT / "tests" / "package" / "embedding.cpp"
    run([COMPILER, "-O1", "-Wall", "-Wextra", "-Werror", str(source), "-o", "embedding", *flags], package.folder)
    module = f"{package.prefix}/share/causeway/modules/echo.cwm"
    output = run(["./embedding", module], package.folder, XDG_RUNTIME_DIR=str(package.folder))
    want(r"^all well$", output)
    if (package.folder / "causeway").exists():
        raise Failed("a nucleus in a programme has a control socket")


def command(package: Package) -> None:
    """causeway, as installed."""
    folder, causeway = package.folder, package.command
    want(r"^Subcommands:", run([causeway, "--help"], folder))
    want(r"^ +sv +Shared variables of a running system", run([causeway, "--help"], folder))
    output = run([causeway, "sv", "ls"], folder, status=2, XDG_RUNTIME_DIR=str(folder))
    want(rf"^causeway: no system of yours runs \(looked in {folder}/causeway\)", output)
    system = subprocess.Popen(
        [causeway, "run"], env={**os.environ, "XDG_RUNTIME_DIR": str(folder)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with system:
        while b"`poweroff` leaves" not in system.stdout.readline():
            pass
        output = run([causeway, "sv", "get", "time/scale.dst"], folder, XDG_RUNTIME_DIR=str(folder))
        want(r"^0$", output)
        system.communicate(b"poweroff\n", timeout=200)
    (folder / "poem.txt").write_text("one\ntwo\n")
    output = run([causeway, "run", "poem.txt", "--load", "sync-caller:text", "--exec", "cat poem.txt; lsmod"], folder)
    want(r"^two\r?$", output)
    want(r"^text +sync-caller +kernel", output)
    want(r'no placement "up"', run([causeway, "run", "--load", "up:text"], folder, status=2))
    want(r"nowhere", run([causeway, "run", "--modules", "nowhere"], folder, status=105))

    modules = package.prefix / "share" / "causeway" / "modules"
    output = run([causeway, "inspect", str(modules / "text.cwm")], folder)
    want(r"^text 1\.0$", output)
    want(r"^ +[0-9a-f]{16}  1\.0  text\.find\(pattern:Buffer,text:Buffer,most:u64\)->", output)
    damaged = bytearray((modules / "text.cwm").read_bytes())
    damaged[16] = 2  # an executable, no shared object
    (folder / "bad.cwm").write_bytes(damaged)
    want(r"^bad\.cwm: ", run([causeway, "inspect", "bad.cwm"], folder, status=1))
    want(r"nobody\.cwm: No such file", run([causeway, "inspect", "nobody.cwm"], folder, status=2))


CASES: dict[str, Callable[[Package], None]] = {
    case.__name__: case for case in (plugin_host, finds_a_lost_answer, embedding, command)
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--build", type=Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            CASES[arguments.case](Package(arguments.build.resolve(), Path(folder)))
        except Failed as failed:
            print(failed, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
