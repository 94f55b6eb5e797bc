"""Debian packages that a command needs: found missing, named, installed. Their list is tools/packages.txt."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cw import paths
from cw.failure import Failure
from cw.steps import run_step

LIST = paths.TOOLS / "packages.txt"

# What to look for where there is no dpkg to ask.
PROGRAMS = {
    "linux": ("clang++-19", "ld.lld-19", "cmake", "ninja"),
    "peers": ("clang++-19", "ld.lld-19", "cmake", "ninja"),
    "fuzz": ("clang++-19", "ld.lld-19", "cmake", "ninja"),
    "build": ("clang++-19", "ld.lld-19", "cmake", "ninja"),
    "run": ("clang++-19", "ld.lld-19", "cmake", "ninja", "qemu-system-riscv64"),
    "test": ("clang++-19", "ld.lld-19", "cmake", "ninja", "qemu-system-riscv64", "clang-format-19", "git"),
    "debug": ("clang++-19", "ld.lld-19", "cmake", "ninja", "qemu-system-riscv64", "gdb-multiarch"),
}


def required(group: str, text: str) -> list[str]:
    """Packages of `group` in the list `text`, those of the groups it builds on first."""
    groups: dict[str, tuple[str, list[str]]] = {}
    current: list[str] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        if head := re.fullmatch(r"\[(\w+)(?:: (\w+))?\]", line):
            current = []
            groups[head[1]] = (head[2] or "", current)
        elif current is not None and re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", line):
            current.append(line)
        else:
            raise Failure(f"package list, line {number}: neither [group] nor the name of a package: {line}")
    names: list[str] = []
    while group:
        if group not in groups:
            raise Failure(f"package list: no group [{group}]")
        group, own = groups[group]
        names = own + names
    return names


def missing(names: Sequence[str]) -> list[str]:
    """Those of `names` that dpkg does not have installed."""
    query = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *names]
    # dpkg-query reports unknown packages on stderr and by its status; absence from its output says the same.
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    installed = {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in installed]


def ensure(group: str, package_list: Path = LIST) -> None:
    """Installs what `group` lacks. Returns quickly and quietly when nothing is missing."""
    names = required(group, package_list.read_text())
    if shutil.which("dpkg-query") is None:
        absent = [program for program in PROGRAMS[group] if shutil.which(program) is None]
        if absent:
            raise Failure(f"not found: {' '.join(absent)}. This is not Debian; install what matches {' '.join(names)}")
        return
    wanted = missing(names)
    if wanted:
        _install(wanted)


def _install(names: list[str]) -> None:
    by_hand = f"apt-get install --no-install-recommends {' '.join(names)}"
    if os.geteuid() == 0:
        prefix: list[str] = []
    elif shutil.which("sudo"):
        prefix = ["sudo"]
    else:
        raise Failure(f"packages are missing; to install them there is neither root nor sudo. As root:\n  {by_hand}")
    print(f"cw: installing {len(names)} packages: {' '.join(names)}", file=sys.stderr)
    prefix += ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    install = [*prefix, "install", "-y", "--no-install-recommends", *names]
    known = subprocess.run(["apt-cache", "show", *names], capture_output=True, check=False).returncode == 0
    if known:
        try:
            run_step("installing packages", install, "install-packages")
            return
        except Failure:
            pass  # Old lists name files that are gone; the second try below has fresh ones.
    run_step("reading package lists", [*prefix, "update"], "update-package-lists")
    try:
        run_step("installing packages", install, "install-packages")
    except Failure as failure:
        raise Failure(f"{failure}\nCauseway is built on Debian 12; by hand: {by_hand}") from failure
