"""System tests as data: NAME.toml, in tests/system/ or beside the tests of a module, says what to boot, what to do
there and what must be seen.

tools/README.md lists the keys. A key that is not known, or of another type, is an error: a misspelt expectation
would otherwise pass.
"""

import hashlib
import random
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cw import paths, qemu
from cw import directories as granted
from cw.archive import Entry, Kind, check_name
from cw.directories import Item, Wanted
from cw.failure import Failure
from cw.guest import Limits, Typed
from cw.host import HOSTS, LINUX, RISCV64, SANITIZED, Host
from cw.machine import Machine
from cw.placements import Walk, walk

DEFAULT_HARTS = [qemu.DEFAULT_HARTS]
DEFAULT_FORBID = ["PANIC"]
DEFAULT_TIMEOUT_SECONDS = 120.0
DEFAULT_SILENCE_SECONDS = 60.0


Pattern = str | dict[str, str]  # A table has one for each host by name; a host it lacks does without.


@dataclass(frozen=True)
class Run:
    """One test of a scenario: where, and on how many harts."""

    host: Host
    harts: int

    @property
    def options(self) -> list[str]:
        """What tells `./cw guest-test` of it."""
        return ["--host", self.host.name] if self.host.harts else ["--harts", str(self.harts)]


@dataclass(frozen=True)
class Scenario:
    """One scenario file, checked."""

    name: str
    path: Path
    summary: str
    hosts: tuple[Host, ...]
    harts: tuple[int, ...]  # Where a run may choose.
    busy: bool  # All harts have something to do, for seconds.
    long: bool  # Takes seconds, waiting or repeating: under a sanitizer only where that is asked for.
    expect: tuple[Pattern, ...]
    forbid: tuple[Pattern, ...]
    exit_status: int
    limits: Limits
    commands: tuple[str, ...] | None  # None: no boot script, the shell waits for typing.
    power_off: bool
    modules: tuple[str, ...]
    files: tuple[Entry, ...]
    typed: tuple[Typed, ...]
    directories: tuple[Wanted, ...]  # Made anew for each run.
    memory_mb: int | None
    icount: bool
    append: str
    qemu_args: tuple[str, ...]

    def runs(self) -> list[Run]:
        """All its tests."""
        variants = [variant for variant in SANITIZED.values() if any(host.preset == variant.preset for host in self.hosts)]
        return [
            Run(host, harts)
            for host in (*self.hosts, *variants)
            for harts in ([host.harts] if host.harts else self.harts)
        ]

    def test_name(self, run: Run) -> str:
        """The name that ctest knows it by."""
        return f"{run.host.name}.{self.name}" if run.host.harts else f"system.{self.name}.h{run.harts}"

    def machine(self, run: Run) -> Machine:
        """What it runs on."""
        if run.host.harts:
            return Machine(memory_mb=self.memory_mb, append=self.append)
        return Machine(run.harts, self.memory_mb, self.icount, self.append, self.qemu_args)

    def patterns(self, patterns: Iterable[Pattern], run: Run) -> list[str]:
        """Those that hold in this run."""
        return [self.expand(text, run) for pattern in patterns if (text := _text(pattern, run.host)) is not None]

    def expand(self, pattern: str, run: Run) -> str:
        """Fills in @HARTS@, @HART:N@, and @SHA256:NAME@ and @SIZE:NAME@ of the scenario's files."""

        def replace(match: re.Match[str]) -> str:
            if match[0] == "@HARTS@":
                return str(run.harts)
            if match[1] == "HART" and match[2].isdecimal():
                return str(int(match[2]) % run.harts)
            for entry in self.files:
                if entry.name == match[2]:
                    return hashlib.sha256(entry.content()).hexdigest() if match[1] == "SHA256" else str(len(entry.content()))
            raise Failure(f"{self.path}: {match[0]} names no file of this scenario")

        return re.sub(r"@HARTS@|@(HART|SHA256|SIZE):([^@]+)@", replace, pattern)


def _text(pattern: Pattern, host: Host) -> str | None:
    return pattern if isinstance(pattern, str) else pattern.get(host.preset)


@dataclass
class _Keys:
    """Takes keys out of a TOML table one by one; what is left at the end is an error."""

    path: Path
    table: dict[str, Any]
    context: str = ""
    taken: set[str] = field(default_factory=set)

    def take(self, key: str, kind: type, default: Any) -> Any:
        self.taken.add(key)
        value = self.table.get(key, default)
        accepted = (int, float) if kind is float else kind
        if value is not default and (not isinstance(value, accepted) or (kind is not bool and isinstance(value, bool))):
            raise self.error(f"{key} must be of type {kind.__name__}")
        return value

    def strings(self, key: str, default: list[str] | None) -> list[str] | None:
        values = self.take(key, list, default)
        if values is not None and not all(isinstance(value, str) for value in values):
            raise self.error(f"{key} must be a list of strings")
        return values

    def patterns(self, key: str, default: list[str]) -> tuple[Pattern, ...]:
        """A list of strings, and of tables of one string a host."""
        patterns: list[Pattern] = []
        for value in self.take(key, list, default):
            texts = value if isinstance(value, dict) else {RISCV64.name: value}
            if not set(texts) <= set(HOSTS) or not all(isinstance(text, str) for text in texts.values()):
                raise self.error(f"{key} must be a list of strings, or of tables {{ riscv64 = '..', linux = '..' }}")
            patterns.append(value)
        return tuple(patterns)

    def finish(self) -> None:
        unknown = sorted(set(self.table) - self.taken)
        if unknown:
            raise self.error(f"unknown key {unknown[0]}; known are {', '.join(sorted(self.taken))}")

    def error(self, message: str) -> Failure:
        return Failure(f"{self.path}: {self.context}{message}", status=2)


def load(path: Path) -> Scenario:
    """Reads and checks one scenario file."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_]*", path.stem):
        raise Failure(f"{path}: the name must be of a-z, 0-9 and _", status=2)
    try:
        keys = _Keys(path, tomllib.loads(path.read_text()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Failure(f"{path}: {error}", status=2) from error
    scenario = _read(keys)
    keys.finish()
    for run in scenario.runs():
        patterns = scenario.patterns([*scenario.expect, *scenario.forbid], run)
        for pattern in [*patterns, *(scenario.expand(typed.after, run) for typed in scenario.typed)]:
            _check_pattern(keys, pattern)
    return scenario


def _read(keys: _Keys) -> Scenario:
    harts = keys.take("harts", list, DEFAULT_HARTS)
    if not harts or not all(isinstance(count, int) and 1 <= count <= 8 for count in harts):
        raise keys.error("harts must be a list of numbers from 1 to 8")
    summary = keys.take("summary", str, "")
    if not summary:
        raise keys.error("summary is missing: say in one line what the scenario shows")
    service = keys.take("every_placement", str, "")
    placed = walk(service) if service else Walk((), ())
    expect = [*keys.patterns("expect", []), *placed.expect]
    hosts = _hosts(keys)
    for host in hosts:
        if all(_text(pattern, host) is None for pattern in expect):
            raise keys.error("expect is missing: a scenario that expects nothing tests nothing")
    commands = keys.strings("commands", [] if service else None)
    modules = keys.strings("modules", []) or []
    timeout = keys.take("timeout", float, DEFAULT_TIMEOUT_SECONDS)
    return Scenario(
        name=keys.path.stem,
        path=keys.path,
        summary=summary,
        hosts=hosts,
        harts=tuple(harts),
        busy=keys.take("busy", bool, False),
        long=keys.take("long", bool, False),
        expect=tuple(expect),
        forbid=keys.patterns("forbid", DEFAULT_FORBID),
        exit_status=keys.take("exit", int, 0),
        limits=Limits(keys.take("silence", float, min(DEFAULT_SILENCE_SECONDS, timeout)), timeout),
        commands=None if commands is None else (*commands, *placed.commands),
        power_off=keys.take("power_off", bool, True),
        modules=(*modules, f"{service}_test") if service else tuple(modules),
        files=tuple(_file(keys, table) for table in keys.take("file", list, [])),
        typed=tuple(_typed(keys, table) for table in keys.take("type", list, [])),
        directories=tuple(_directory(keys, table) for table in keys.take("directory", list, [])),
        memory_mb=keys.take("memory", int, None),
        icount=keys.take("icount", bool, False),
        append=keys.take("append", str, ""),
        qemu_args=tuple(keys.strings("qemu_args", []) or ()),
    )


def _hosts(keys: _Keys) -> tuple[Host, ...]:
    """Where it runs: wherever nothing speaks against it, if it does not say."""
    only_qemu = [key for key in ("icount", "qemu_args") if key in keys.table]
    only_linux = [key for key in ("directory",) if key in keys.table]
    excluded = [host.name for host, keys in ((LINUX, only_qemu), (RISCV64, only_linux)) if keys]
    names = keys.strings("hosts", [name for name in HOSTS if name not in excluded])
    if not names or not set(names) <= set(HOSTS):
        raise keys.error(f"hosts must be a list of {' and '.join(HOSTS)}")
    if LINUX.name in names and only_qemu:
        raise keys.error(f"{only_qemu[0]}: only QEMU has that; hosts cannot name {LINUX.name}")
    if RISCV64.name in names and only_linux:
        raise keys.error(f"{only_linux[0]}: only Linux has that; hosts cannot name {RISCV64.name}")
    return tuple(host for host in HOSTS.values() if host.name in names)


def _file(scenario: _Keys, table: dict[str, Any]) -> Entry:
    keys = _Keys(scenario.path, table, "file: ")
    name = keys.take("name", str, "")
    check_name(name)
    text = keys.take("text", str, None)
    size = keys.take("size", int, None)
    seed = keys.take("seed", int, 1)
    built = keys.take("built", str, None)
    keys.finish()
    if [text, size, built].count(None) != 2:
        raise keys.error(f"{name} needs one of text, size and built")
    if built is not None:  # There once it is built: read when it is packed.
        return Entry(Kind.FILE, name, source=paths.BUILD / built)
    return Entry(Kind.FILE, name, data=text.encode() if text is not None else random.Random(seed).randbytes(size))


def _directory(scenario: _Keys, table: dict[str, Any]) -> Wanted:
    keys = _Keys(scenario.path, table, "directory: ")
    wanted = Wanted(
        name=keys.take("name", str, ""),
        read_only=keys.take("read_only", bool, False),
        items=tuple(_item(keys, item) for item in keys.take("file", list, [])),
        left=tuple(_left(keys, item) for item in keys.take("left", list, [])),
    )
    keys.finish()
    if not wanted.name:
        raise keys.error("has no name")
    return wanted


def _item(directory: _Keys, table: dict[str, Any]) -> Item:
    keys = _Keys(directory.path, table, "directory: file: ")
    text, size, seed = keys.take("text", str, None), keys.take("size", int, None), keys.take("seed", int, 1)
    item = Item(
        keys.take("name", str, ""),
        granted.content(text, size, seed),
        keys.take("link", str, None),
        keys.take("folder", bool, False),
        keys.take("pipe", bool, False),
    )
    keys.finish()
    if not item.name or [item.data is not None, item.link is not None, item.folder, item.pipe].count(True) != 1:
        raise keys.error("needs a name, and either text, size, link, folder or pipe")
    return item


def _left(directory: _Keys, table: dict[str, Any]) -> tuple[str, bytes | None]:
    keys = _Keys(directory.path, table, "directory: left: ")
    name, none = keys.take("name", str, ""), keys.take("none", bool, False)
    text, size, seed = keys.take("text", str, None), keys.take("size", int, None), keys.take("seed", int, 1)
    keys.finish()
    data = granted.content(text, size, seed)
    if not name or none != (data is None):
        raise keys.error("needs a name, and either text, size or none")
    return name, data


def _typed(scenario: _Keys, table: dict[str, Any]) -> Typed:
    keys = _Keys(scenario.path, table, "type: ")
    typed = Typed(keys.take("after", str, ""), keys.take("send", str, ""))
    keys.finish()
    if not typed.after or not typed.send:
        raise keys.error("needs after (a pattern) and send (the text)")
    return typed


def _check_pattern(keys: _Keys, pattern: str) -> None:
    try:
        re.compile(pattern, re.MULTILINE)
    except re.error as error:
        raise keys.error(f"/{pattern}/ is no pattern: {error}") from error


def find_all(root: Path) -> list[Path]:
    """Every scenario file of the tree, by name. Errors: two of one name."""
    found: dict[str, Path] = {}
    for path in [*root.glob("tests/system/*.toml"), *root.glob("modules/*/tests/*.toml")]:
        if path.stem in found:
            raise Failure(f"two scenarios are named {path.stem}: {found[path.stem]} and {path}", status=2)
        found[path.stem] = path
    return [found[name] for name in sorted(found)]


def load_all(root: Path) -> list[Scenario]:
    """Every scenario of the tree, by name."""
    return [load(path) for path in find_all(root)]


def by_name(root: Path, name: str) -> Scenario:
    """The scenario of that name."""
    for path in find_all(root):
        if path.stem == name:
            return load(path)
    raise Failure(f"no scenario is named {name}; ./cw list-scenarios shows them", status=2)
