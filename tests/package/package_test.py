"""The installed package does for programmes outside of the tree what docs/core.md says.

    package_test.py CASE --build BUILD     BUILD: a configured build folder, from which is installed

Each case installs into a folder of its own and works there: nothing of the tree is used but examples/core, which is
copied.
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
sys.path.insert(0, str(ROOT / "tests" / "docs"))
import blocks  # noqa: E402

DOCUMENT = ROOT / "docs" / "core.md"
CLANG, GCC = "clang++-19", "g++-12"
STANDARD_OF_CLANG = "-std=c++23"
STANDARD_OF_GCC = "-std=c++20"

# Headers that a programme uses alone: with either compiler, in C++20. The document's first table has the same.
ALONE = ("atomic", "counter", "gate", "latch", "lanes", "oneshot", "registers", "ring", "shared_heap", "spsc", "trace_ring")
# What g++ 12 does not compile, or compiles wrongly: coroutines and what is beneath them. The document says so.
CLANG_ONLY = {
    *(f"cw/core/{name}.hpp" for name in ("batch", "declare", "future", "method", "provide", "reflect", "task")),
    *(f"cw/core/cells/{name}.hpp" for name in ("cell", "value", "wide")),
    *(
        f"cw/core/service/{name}.hpp"
        for name in ("cells", "clients", "control", "files", "heaps", "kmem", "kmem_lab", "memory", "modules", "system")
    ),
    *(f"cw/core/service/{name}.hpp" for name in ("trace", "variables")),
    *(f"cw/core/variables/{name}.hpp" for name in ("clock", "declare", "publish", "read", "schema", "snapshot")),
    *(f"cw/core/variables/{name}.hpp" for name in ("system", "trace")),
    *(f"cw/sdk/{name}.hpp" for name in ("buffer", "cells", "claims", "clock", "heap", "kmem", "module", "shared_heap")),
    *(f"cw/sdk/{name}.hpp" for name in ("own", "test", "test_service", "trace", "use", "variables", "wait")),
}
CPP23_ONLY = {"cw/core/result.hpp"}


class Failed(Exception):
    """What the package does wrong."""


def run(command: list[str], folder: Path, **environment: str) -> str:
    """What the command printed; it must succeed."""
    answer = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=200,
    )
    if answer.returncode != 0:
        raise Failed(f"{' '.join(command)}: status {answer.returncode}\n{answer.stdout}")
    return answer.stdout


class Package:
    """An installed package and a folder to work in."""

    def __init__(self, build: Path, folder: Path) -> None:
        self.prefix = folder / "prefix"
        self.folder = folder / "outside"
        self.folder.mkdir()
        run(["cmake", "--install", str(build), "--prefix", str(self.prefix)], folder)
        self.include = self.prefix / "include"

    def environment(self, compiler: str) -> dict[str, str]:
        """For commands of the document."""
        return {
            "CXX": compiler,
            "PREFIX": str(self.prefix),
            "PKG_CONFIG_PATH": str(self.prefix / "share" / "pkgconfig"),
        }

    def compiles(self, header: str, compiler: str, standard: str) -> bool:
        """Whether a source that includes nothing but this header compiles, without warnings."""
        source = self.folder / "header.cpp"
        source.write_text(f"#include <{header}>\n")
        command = [compiler, standard, "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
        command += [f"-I{self.include}", str(source)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def build_examples(self, compiler: str) -> dict[str, str]:
        """Builds examples/core outside of the tree and runs all; what each printed."""
        source, folder = self.folder / "core", self.folder / "build"
        shutil.copytree(ROOT / "examples" / "core", source, dirs_exist_ok=True)
        configure = ["cmake", "-S", str(source), "-B", str(folder), "-G", "Ninja"]
        configure += [f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_CXX_COMPILER={compiler}"]
        run(configure, self.folder)
        run(["cmake", "--build", str(folder)], self.folder)
        names = sorted(path.stem for path in source.glob("*.cpp"))
        return {name: run([str(folder / name)], self.folder) for name in names}


def headers(package: Package) -> None:
    """Every installed header stands alone, with the compilers that the document says; nothing names the tree."""
    installed = sorted(str(path.relative_to(package.include)) for path in package.include.rglob("*.hpp"))
    for header in set(installed):
        if not package.compiles(header, CLANG, STANDARD_OF_CLANG):
            raise Failed(f"{header} does not compile with {CLANG}")
        standard = STANDARD_OF_CLANG if header in CPP23_ONLY else STANDARD_OF_GCC
        if header not in CLANG_ONLY and not package.compiles(header, GCC, standard):
            raise Failed(f"{header} does not compile with {GCC} {standard}")
    for name in ALONE:
        header = f"cw/core/{name}.hpp"
        if header not in installed or header in CLANG_ONLY:
            raise Failed(f"{header} is not for every programme")
        if f"`{header}`" not in DOCUMENT.read_text():
            raise Failed(f"the document does not have {header}")
    if gone := (CLANG_ONLY | CPP23_ONLY) - set(installed):
        raise Failed(f"not installed: {', '.join(sorted(gone))}")
    for path in package.prefix.rglob("*"):
        if path.is_file() and str(ROOT) in path.read_text():
            raise Failed(f"{path.relative_to(package.prefix)} names the tree")


def examples(package: Package, compiler: str) -> None:
    """All examples build and do what they should; they check themselves, and say so."""
    printed = package.build_examples(compiler)
    if len(printed) < 6:
        raise Failed(f"examples are missing: {', '.join(printed)}")
    for name, output in printed.items():
        if " 0 wrong\n" not in output:
            raise Failed(f"{name} printed: {output}")


def document(package: Package, compiler: str) -> None:
    """The document's programmes compile, and its commands print what it says."""
    for name, text in blocks.sources(DOCUMENT, blocks.PROGRAMME).items():
        (package.folder / name).write_text(text)
    commands = 0
    for line, command, output in blocks.sessions(DOCUMENT, blocks.PROGRAMME):
        if command.startswith("cmake --"):  # done already, from the tree
            continue
        commands += 1
        printed = run(["bash", "-c", command], package.folder, **package.environment(compiler))
        if not re.fullmatch(blocks.pattern(output), printed):
            raise Failed(f"docs/{DOCUMENT.name}:{line}: {command} printed: {printed}")
    if commands < 8:
        raise Failed("the document has fewer commands than it had")


def finds_a_missing_header(package: Package) -> None:
    """A package without one of its headers does not pass."""
    (package.include / "cw" / "core" / "shared_header.hpp").unlink()
    must_fail(lambda: examples(package, CLANG), "shared_header.hpp")


def finds_a_broken_example(package: Package) -> None:
    """A ring that gives back one slot, however many were taken, is seen by its example."""
    header = package.include / "cw" / "core" / "ring.hpp"
    text = header.read_text()
    take = "void take(std::uint32_t n = 1) noexcept { head_ += n; }"
    broken = text.replace(take, "void take(std::uint32_t) noexcept { ++head_; }")
    if broken == text:
        raise Failed("nothing was planted")
    header.write_text(broken)
    must_fail(lambda: examples(package, CLANG), "wrong")


def must_fail(what: Callable[[], None], reason: str) -> None:
    """Calls `what`, which must fail for this reason."""
    try:
        what()
    except Failed as failed:
        if reason in str(failed):
            return
        raise
    raise Failed(f"the planted defect was not found: {reason}")


CASES: dict[str, Callable[[Package], None]] = {
    "headers": headers,
    "examples_clang": lambda package: examples(package, CLANG),
    "examples_gcc": lambda package: examples(package, GCC),
    "document_clang": lambda package: document(package, CLANG),
    "document_gcc": lambda package: document(package, GCC),
    "finds_a_missing_header": finds_a_missing_header,
    "finds_a_broken_example": finds_a_broken_example,
}


def main() -> int:
    """Runs what the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--build", type=Path, required=True)
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        try:
            CASES[parsed.case](Package(parsed.build.resolve(), Path(scratch)))
        except Failed as failed:
            print(f"{parsed.case}: {failed}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
