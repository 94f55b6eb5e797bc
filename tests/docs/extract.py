"""For CMake: writes the sources in DOCUMENT below FOLDER and prints the names of their modules, as a CMake list."""

import sys
from pathlib import Path

import blocks

document, folder = Path(sys.argv[1]), Path(sys.argv[2])
try:
    for name, text in blocks.sources(document).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    print(";".join(blocks.modules(document)), end="")
except blocks.BadBlock as bad:
    sys.exit(f"docs: {bad}")
