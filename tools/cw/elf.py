"""As much of ELF as sizes need: the segments of a 64-bit little-endian file."""

import struct
from dataclasses import dataclass
from pathlib import Path

from cw.failure import Failure

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_PT_LOAD = 1


@dataclass(frozen=True)
class Segment:
    """A PT_LOAD segment."""

    address: int
    file_bytes: int
    memory_bytes: int


def segments(path: Path) -> list[Segment]:
    """The loaded segments of an ELF file."""
    data = path.read_bytes()
    if len(data) < _HEADER.size or data[:6] != b"\x7fELF\x02\x01":
        raise Failure(f"{path}: not a 64-bit little-endian ELF file")
    header = _HEADER.unpack_from(data)
    offset, entry_bytes, count = header[5], header[9], header[10]
    if offset + entry_bytes * count > len(data):
        raise Failure(f"{path}: truncated")
    found = []
    for index in range(count):
        kind, _, _, address, _, file_bytes, memory_bytes, _ = _SEGMENT.unpack_from(data, offset + entry_bytes * index)
        if kind == _PT_LOAD:
            found.append(Segment(address, file_bytes, memory_bytes))
    return found
