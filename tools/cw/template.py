"""Fills a folder of templates: `NAME` in file names and `@name@` in their text become the name; `.in` is dropped."""

from pathlib import Path

from cw.failure import Failure

SUFFIX = ".in"


def fill(templates: Path, target: Path, name: str) -> list[Path]:
    """Writes every template below `target`, which must not exist, and returns the files in order."""
    if target.exists():
        raise Failure(f"{target} exists already", status=2)
    written = []
    for template in sorted(path for path in templates.rglob(f"*{SUFFIX}") if path.is_file()):
        relative = str(template.relative_to(templates)).removesuffix(SUFFIX).replace("NAME", name)
        path = target / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template.read_text().replace("@name@", name))
        written.append(path)
    if not written:
        raise Failure(f"{templates} holds no templates")
    return written
