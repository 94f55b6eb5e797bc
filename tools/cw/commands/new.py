"""`./cw new module NAME`: writes a module with its test, ready to build and load."""

import argparse
import re
import shutil
import subprocess

from cw import paths, template
from cw.failure import Failure

HELP = "write a new module with its test"
DETAILS = """\
  ./cw new module greeter
  ./cw run --exec 'modprobe greeter; services'
  ./cw test -p riscv64 -R greeter

writes modules/greeter/ with the public header, the module, its tests, a README, and tests/greeter.toml: the system test
that runs them in every placement. docs/modules.md goes on from there.
"""

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
# Words that may name a folder but not a C++ namespace.
RESERVED = frozenset(
    "alignas alignof and asm auto bool break case catch char class concept const continue default delete do double else"
    " enum explicit export extern false final float for friend goto if import inline int long module mutable namespace"
    " new not nullptr operator or override private protected public register requires return short signed sizeof static"
    " struct switch template this throw true try typedef typeid typename union unsigned using virtual void volatile"
    " while xor abi sdk core kernel loader hosted std".split()
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("kind", choices=["module"])
    parser.add_argument("name", metavar="NAME", help="a-z, 0-9 and _, beginning with a letter, at most 31 characters")


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    name = parsed.name
    if not NAME.fullmatch(name):
        raise Failure(f"`{name}` cannot name a module: a-z, 0-9 and _, beginning with a letter, at most 31", status=2)
    if name in RESERVED:
        raise Failure(f"`{name}` cannot name a module: it is a word of C++ or a namespace of Causeway", status=2)
    written = template.fill(paths.TOOLS / "templates" / "module", paths.ROOT / "modules" / name, name)
    if formatter := shutil.which("clang-format-19"):
        # Where lines break depends on the length of the name.
        sources = [str(path) for path in written if path.suffix in (".cpp", ".hpp")]
        subprocess.run([formatter, "-i", *sources], cwd=paths.ROOT, check=False)
    for path in written:
        print(paths.shown(path))
    print(f"\nnext: ./cw run --exec 'modprobe {name}; services'")
    return 0
