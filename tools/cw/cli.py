"""The command line as a whole: which commands there are, their help, and how a mistake is answered."""

import argparse
import difflib
import os
import signal
import sys
from types import ModuleType
from typing import NoReturn

from cw.commands import (
    bench,
    build,
    clean,
    debug,
    format,
    fuzz,
    guest_test,
    image,
    inspect_archive,
    list_scenarios,
    new,
    run,
    test,
    trace,
)
from cw.failure import Failure

COMMANDS: dict[str, ModuleType] = {
    "run": run,
    "test": test,
    "bench": bench,
    "trace": trace,
    "new": new,
    "debug": debug,
    "build": build,
    "fuzz": fuzz,
    "image": image,
    "format": format,
    "guest-test": guest_test,
    "list-scenarios": list_scenarios,
    "inspect-archive": inspect_archive,
    "clean": clean,
}

INTRODUCTION = """\
Causeway: an operating-system core in which the loader decides where a module runs.
Everything is done with this command; what it needs is installed and built on the way.
"""


class _Parser(argparse.ArgumentParser):
    """argparse, with `cw:` in front of messages and a hint where to read on."""

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"cw: {message}\nTry `{self.prog.replace('./cw ', './cw help ', 1)}`.\n")
        sys.exit(2)


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = [INTRODUCTION, "usage: ./cw COMMAND [OPTIONS]", "", "commands:"]
    lines += [f"  {name.ljust(width)}  {module.HELP}" for name, module in COMMANDS.items()]
    lines += [f"  {'help'.ljust(width)}  `./cw help COMMAND` explains one command", ""]
    lines += ["begin with `./cw run`; docs/shell.md says what to type there, docs/modules.md how to write a module", ""]
    lines += ["environment: CW_QEMU names another qemu-system-riscv64."]
    return "\n".join(lines)


def _parser(name: str) -> argparse.ArgumentParser:
    module = COMMANDS[name]
    parser = _Parser(
        prog=f"./cw {name}",
        description=module.HELP[0].upper() + module.HELP[1:] + ".",
        epilog=module.DETAILS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    return parser


def _unknown(name: str) -> int:
    near = difflib.get_close_matches(name, [*COMMANDS, "help"], n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    print(f"cw: there is no command `{name}`.{hint} `./cw --help` lists them.", file=sys.stderr)
    return 2


def main(arguments: list[str]) -> int:
    """Runs one command line and returns the exit status."""
    if not arguments or arguments[0] in ("-h", "--help") or arguments == ["help"]:
        print(_overview())
        return 0
    name, rest = arguments[0], arguments[1:]
    if name == "help":
        name, rest = rest[0], ["--help"]
    if name not in COMMANDS:
        return _unknown(name)
    # Ended by a signal, a command still stops its guest and removes its files.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        return int(COMMANDS[name].main(_parser(name).parse_intermixed_args(rest)))
    except Failure as failure:
        sys.stdout.flush()
        print(f"cw: {failure}", file=sys.stderr)
        return failure.status
    except KeyboardInterrupt:
        print("cw: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output left, for example `head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
