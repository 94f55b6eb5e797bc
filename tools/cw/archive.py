"""The boot archive: modules, boot script and the user's files in one page-aligned file, the kernel's initrd.

Its layout is abi/include/cw/abi/archive.hpp. Entries are sorted by kind and name and nothing in the file depends on
time or place, so the same inputs give the same bytes.
"""

import enum
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cw.failure import Failure

MAGIC = 0x3156435241574343  # "CCWARCV1"
VERSION = 1
PAGE = 4096
HEADER = struct.Struct("<QIIQQ")
ENTRY = struct.Struct("<QQIIII")
MAX_NAME = 255


class Kind(enum.IntEnum):
    """ArchiveKind in the ABI."""

    FILE = 0
    MODULE = 1
    SCRIPT = 2


@dataclass(frozen=True)
class Entry:
    """One file in the archive; its content is held in memory or read from `source` while packing."""

    kind: Kind
    name: str
    data: bytes = b""
    source: Path | None = None

    def content(self) -> bytes:
        """The bytes to pack."""
        return self.source.read_bytes() if self.source else self.data

    def where(self) -> str:
        """For messages: where the content comes from."""
        return str(self.source) if self.source else "generated"


def user_files(files: Sequence[Path]) -> list[Entry]:
    """Entries for the user's files, named by their base names; every reason to refuse one is found before packing."""
    seen: dict[str, Path] = {}
    for path in files:
        if path.is_dir():
            raise Failure(f"{path}: is a directory; name the files in it", status=2)
        if path.exists() and not path.is_file():
            raise Failure(f"{path}: is no regular file", status=2)
        try:
            with path.open("rb"):
                pass
        except OSError as error:
            raise Failure(f"{path}: {error.strerror}", status=2) from error
        if path.name in seen:
            raise Failure(f"two files would both be named {path.name}: {seen[path.name]} and {path}", status=2)
        seen[path.name] = path
        check_name(path.name)
    return [Entry(Kind.FILE, name, source=path) for name, path in seen.items()]


def check_name(name: str) -> None:
    """Refuses names that the archive cannot hold or that would break lines on the console."""
    length = len(name.encode(errors="surrogateescape"))
    if not 1 <= length <= MAX_NAME:
        raise Failure(f"the name {name!r} has {length} bytes; the archive takes 1 to {MAX_NAME}", status=2)
    if not name.isprintable():
        raise Failure(f"the name {name!r} has characters that cannot be printed", status=2)


def pack(entries: Sequence[Entry], target: Path) -> int:
    """Writes the archive and returns its size in bytes."""
    ordered = sorted(entries, key=lambda entry: (entry.kind, entry.name.encode()))
    for before, after in zip(ordered, ordered[1:]):
        if (before.kind, before.name) == (after.kind, after.name):
            kind = after.kind.name.lower()
            raise Failure(f"two {kind}s are named {after.name}: {before.where()} and {after.where()}")
    names = bytearray()
    names_start = HEADER.size + ENTRY.size * len(ordered)
    spans: list[tuple[int, int]] = []
    for entry in ordered:
        check_name(entry.name)
        encoded = entry.name.encode()
        spans.append((names_start + len(names), len(encoded)))
        names += encoded

    target.parent.mkdir(parents=True, exist_ok=True)
    offset = _page_up(names_start + len(names))
    table = bytearray()
    with target.open("wb") as sink:
        for entry, (name_offset, name_length) in zip(ordered, spans):
            data = entry.content()
            table += ENTRY.pack(offset, len(data), name_offset, name_length, entry.kind, 0)
            sink.seek(offset)
            sink.write(data)
            offset = _page_up(offset + len(data))
        sink.truncate(offset)
        sink.seek(0)
        sink.write(HEADER.pack(MAGIC, VERSION, len(ordered), offset, 0) + table + names)
    return offset


def unpack(data: bytes) -> list[Entry]:
    """Reads an archive back, believing none of its numbers."""
    if len(data) < HEADER.size:
        raise Failure(f"not an archive: {len(data)} bytes are fewer than a header has")
    magic, version, count, total, reserved = HEADER.unpack_from(data)
    if magic != MAGIC or version != VERSION or reserved != 0:
        raise Failure(f"not an archive of version {VERSION}: magic {magic:#x}, version {version}")
    if total != len(data) or total % PAGE != 0:
        raise Failure(f"the header says {total} bytes, the file has {len(data)}")
    if HEADER.size + ENTRY.size * count > total:
        raise Failure(f"{count} entries do not fit into {total} bytes")
    entries = []
    for index in range(count):
        fields = ENTRY.unpack_from(data, HEADER.size + ENTRY.size * index)
        offset, size, name_offset, name_length, kind, zero = fields
        inside = offset + size <= total and name_offset + name_length <= total
        if not inside or offset % PAGE != 0 or zero != 0 or not 1 <= name_length <= MAX_NAME or kind > Kind.SCRIPT:
            raise Failure(f"entry {index} is damaged: {fields}")
        name = data[name_offset : name_offset + name_length].decode(errors="replace")
        entries.append(Entry(Kind(kind), name, data=data[offset : offset + size]))
    return entries


def _page_up(number: int) -> int:
    return (number + PAGE - 1) // PAGE * PAGE
