"""Checks that the ring stubs of a module, section .remote.text, refer to nothing outside of themselves.

Only their pages are mapped into a client. A reference that leaves them, be it a constant in .rodata or a call of
memcpy, is relative to the program counter: the linker resolves it without a trace, and the client faults. So the
build looks at the relocations of each object file before it links a module.
"""

import struct
import sys
from pathlib import Path

SECTION = ".remote.text"
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_RELOCATION = struct.Struct("<QQq")
_SHT_RELA = 4
_STT_SECTION = 3


def _text(data: bytes, offset: int) -> str:
    return data[offset : data.index(b"\0", offset)].decode(errors="replace")


def check(path: Path) -> list[str]:
    """Every reference out of .remote.text in one object file."""
    data = path.read_bytes()
    if len(data) < _HEADER.size or data[:6] != b"\x7fELF\x02\x01":
        return [f"{path}: not a 64-bit little-endian ELF file"]
    header = _HEADER.unpack_from(data)
    offset, count, names_index = header[6], header[12], header[13]
    sections = [_SECTION.unpack_from(data, offset + _SECTION.size * index) for index in range(count)]
    names = [_text(data, sections[names_index][4] + section[0]) for section in sections]
    inside = {index for index, name in enumerate(names) if name == SECTION or name.startswith(SECTION + ".")}
    offences = []
    for section in sections:
        if section[1] != _SHT_RELA or section[7] not in inside:
            continue
        symbols = sections[section[6]]
        for at in range(section[4], section[4] + section[5], _RELOCATION.size):
            place, info, _ = _RELOCATION.unpack_from(data, at)
            if info >> 32 == 0:
                continue  # Refers to no symbol: a hint for the linker.
            symbol = _SYMBOL.unpack_from(data, symbols[4] + _SYMBOL.size * (info >> 32))
            if symbol[3] in inside:
                continue
            if symbol[1] & 0xF == _STT_SECTION:
                name = names[symbol[3]]
            else:
                name = _text(data, sections[symbols[6]][4] + symbol[0])
            offences.append(f"{path}: {SECTION} refers at {place:#x} to {name}, which clients do not see")
    return offences


if __name__ == "__main__":
    found = [offence for name in sys.argv[1:] for offence in check(Path(name))]
    for offence in found:
        print(offence, file=sys.stderr)
    sys.exit(1 if found else 0)
