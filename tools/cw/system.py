"""What a system is booted from: the modules that come with it, extra modules, a boot script, the user's files."""

import shlex
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cw import paths
from cw.archive import Entry, Kind, pack
from cw.failure import Failure
from cw.host import Host

BOOT_SCRIPT = "boot"


def split_commands(text: str) -> list[str]:
    """Shell commands of `text`: separated by newlines or by semicolons outside of quotes."""
    commands = [""]
    quote = ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in ";\n":
            commands.append("")
            continue
        commands[-1] += character
    return [command.strip() for command in commands if command.strip()]


def script(commands: Sequence[str], *, power_off: bool = True) -> Entry:
    """The boot script. Powering off without a status passes on the status of the command before."""
    lines = [*commands, "poweroff"] if power_off else list(commands)
    return Entry(Kind.SCRIPT, BOOT_SCRIPT, data="".join(f"{line}\n" for line in lines).encode())


def base_modules(host: Host) -> list[Entry]:
    """Every module of the build."""
    return [module(path) for path in sorted(host.modules.glob("*.cwm"))]


def module(path: Path) -> Entry:
    """The entry of one module file."""
    return Entry(Kind.MODULE, path.stem, source=path)


def find_modules(host: Host, patterns: Sequence[str]) -> list[Entry]:
    """Modules asked for by name: a test module, a pattern of them such as `bad/*`, or the path of a .cwm file."""
    found: list[Entry] = []
    for pattern in patterns:
        if pattern.endswith(".cwm") and Path(pattern).is_file():
            matches = [Path(pattern)]
        else:
            matches = sorted(host.test_modules.glob(pattern if pattern.endswith(".cwm") else f"{pattern}.cwm"))
        if not matches:
            raise Failure(f"no module {pattern}: neither a .cwm file nor in {paths.shown(host.test_modules)}")
        found += [module(path) for path in matches]
    return found


@dataclass(frozen=True)
class Packed:
    """A boot archive for the time of one run."""

    path: Path  # A name of its own for each run: tests run side by side.
    size: int
    kept: Path  # Where it goes if the run fails; the next failure of the same name replaces it.

    def reproduce(self, argv: Sequence[str]) -> str:
        """The command of the run, as one may paste it into a shell in the repository's root afterwards."""
        words = [str(self.kept) if word == str(self.path) else word for word in argv]
        return shlex.join(word.replace(f"{paths.ROOT}/", "") for word in words)


@contextmanager
def packed(name: str, entries: Sequence[Entry], keep: Callable[[], bool]) -> Iterator[Packed]:
    """Packs a boot archive; afterwards it is kept, for reproducing, if `keep()` says so."""
    paths.RUNS.mkdir(parents=True, exist_ok=True)
    handle = tempfile.NamedTemporaryFile(prefix=f"{name}.", suffix=".tmp", dir=paths.RUNS, delete=False)
    handle.close()
    path = Path(handle.name)
    kept = paths.RUNS / f"{name}.archive"
    try:
        yield Packed(path, pack(entries, path), kept)
    finally:
        if keep():
            path.replace(kept)
        else:
            path.unlink(missing_ok=True)
