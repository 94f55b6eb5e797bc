"""Where things are in the tree and in build/. Kept in one place so that a moved file is renamed once."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
BUILD = ROOT / "build"
LOGS = BUILD / "log"
RUNS = BUILD / "run"  # archives of running systems


def shown(path: Path) -> str:
    """The path as a person in the repository's root would type it."""
    try:
        return str(path.resolve().relative_to(ROOT))
    except ValueError:
        return str(path)
