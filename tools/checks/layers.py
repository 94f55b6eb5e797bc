"""Checks that no #include goes against the arrows between the parts (DESIGN: each part may include what is to its
right), that private headers stay private, and that the parts without a host include no header of one.

    abi <- core <- loader <- nucleus <- kernel, hosted
           core <- sdk <- modules/X (and other modules' public headers)
           core <- tools, examples
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import sources

# What each part may include of the others, closed over the arrows.
REACH = {
    "abi": set(),
    "core": {"abi"},
    "loader": {"abi", "core"},
    "sdk": {"abi", "core"},
    "modules": {"abi", "core", "sdk", "modules"},
    "nucleus": {"abi", "core", "loader"},
    "kernel": {"abi", "core", "loader", "nucleus"},
    "hosted": {"abi", "core", "loader", "nucleus"},
    "tools": {"abi", "core"},
    "examples": {"abi", "core"},
}
HOSTLESS = {"abi", "core", "loader", "nucleus", "sdk", "modules", "kernel"}
# Headers that need an operating system or its heap beneath them.
HOST_HEADERS = re.compile(
    r"sys/.*|unistd\.h|pthread\.h|fcntl\.h|signal\.h|errno\.h|stdio\.h|stdlib\.h|c?stdio|cstdlib|iostream|ostream"
    r"|istream|fstream|sstream|filesystem|thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier"
    r"|stop_token|regex|locale|exception|stdexcept|random"
)
_INCLUDE = re.compile(r'^\s*#\s*include(?:_next)?\s*([<"])([^>"]+)[>"]')


@dataclass(frozen=True)
class Place:
    """Which part a file belongs to; `unit` is the part, or one module's folder."""

    part: str
    unit: str
    is_test: bool


def place_of(path: Path) -> Place:
    """The place of a path relative to the root."""
    parts = path.parts
    part = parts[0]
    unit = "/".join(parts[:2]) if part == "modules" and len(parts) > 2 else part
    is_test = part in ("tests", "bench") or bool({"test", "tests", "fuzz"} & set(parts[1:-1]))
    return Place(part, unit, is_test)


def offence_of(root: Path, path: Path, kind: str, name: str) -> str:
    """Why `path` (relative to root) may not include `name`; empty if it may."""
    place = place_of(path)
    if public := re.match(r"cw/([a-z_]+)/", name):
        return _public_offence(place, public[1], kind, name)
    if kind == "<":
        if place.part in HOSTLESS and not place.is_test and HOST_HEADERS.fullmatch(name):
            return f"<{name}> needs a host, and {place.part}/ knows none"
        return ""
    return _private_offence(root, path, place, name)


def _public_offence(place: Place, target: str, kind: str, name: str) -> str:
    if target not in sources.PARTS:
        return f"<{name}>: there is no part {target}/"
    if kind != "<":
        return f'public headers are included with angle brackets: <{name}>, not "{name}"'
    if place.part == "modules" and target in ("nucleus", "kernel", "hosted"):
        return f"modules never include {target}/: <{name}>"
    if place.is_test or target == place.part:
        return ""
    if target not in REACH.get(place.part, set()):
        allowed = ", ".join(sorted(REACH.get(place.part, set()))) or "nothing"
        return f"{place.part}/ may include {allowed} of the other parts, not <{name}>"
    return ""


def _private_offence(root: Path, path: Path, place: Place, name: str) -> str:
    if (root / path.parent / name).is_file():
        target = (root / path.parent / name).resolve().relative_to(root)
        if place_of(target).unit == place.unit or place.part in ("tests", "bench"):
            return ""
        return f'"{name}" is a private header of {place_of(target).unit}/'
    if any((root / place.unit).rglob(Path(name).name)):
        return ""  # In the same part, found through its include path.
    for owner in sources.PARTS:
        if any((root / owner).rglob(Path(name).name)):
            if place.is_test:
                return ""
            return f'"{name}" is a private header of {owner}/'
    return f'"{name}" is nowhere in {place.unit}/'


def check(root: Path) -> tuple[list[str], int]:
    """All offences of the tree, and how many files were looked at."""
    offences = []
    count = 0
    for file in sources.cpp_files(root, sources.CPP | sources.ASSEMBLY):
        count += 1
        path = file.relative_to(root)
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), start=1):
            if include := _INCLUDE.match(line):
                if why := offence_of(root, path, include[1], include[2]):
                    offences.append(f"{path}:{number}: {why}")
        if why := _misplaced(path):
            offences.append(f"{path}:1: {why}")
    return offences, count


def _misplaced(path: Path) -> str:
    """Public headers must lie where their include lines say they belong."""
    parts = path.parts
    if "include" not in parts or path.suffix != ".hpp":
        return ""
    inside = parts[parts.index("include") + 1 :]
    if inside[:2] != ("cw", parts[0]):
        return f"a public header of {parts[0]}/ lies in include/cw/{parts[0]}/"
    if parts[0] == "modules" and Path(inside[2]).stem != parts[1]:
        return f"the public header of {parts[1]} is named {parts[1]}.hpp, or lies in a folder {parts[1]}/"
    return ""


if __name__ == "__main__":
    sys.exit(sources.report("layers", *check(sources.root_from_arguments())))
