"""Plain text tables: columns as wide as their widest cell, numbers to the right."""

from collections.abc import Sequence


def render(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table as lines without trailing spaces. A column whose cells are all numbers is aligned to the right."""
    columns = list(zip(head, *rows))
    widths = [max(len(cell) for cell in column) for column in columns]
    right = [bool(rows) and all(_is_number(cell) for cell in column[1:]) for column in columns]

    def line(cells: Sequence[str]) -> str:
        padded = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right)]
        return "  ".join(padded).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([line(head), rule, *(line(row) for row in rows)])


def _is_number(cell: str) -> bool:
    digits = cell.replace(",", "").replace(".", "", 1).removeprefix("-").removeprefix("<= ")
    return cell == "" or digits.isdigit()
