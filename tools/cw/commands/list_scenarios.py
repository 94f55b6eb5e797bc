"""`./cw list-scenarios`: the system tests there are, for people or as ctest registrations."""

import argparse

from cw import paths, registration, scenario, table
from cw.host import HOSTS

HELP = "list the system tests"
DETAILS = "With --ctest, as the lines of a CTestTestfile.cmake that run them."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("--ctest", action="store_true", help="print registrations for ctest")


def main(parsed: argparse.Namespace) -> int:
    """Runs the command."""
    scenarios = scenario.load_all(paths.ROOT)
    if parsed.ctest:
        print("".join(registration.scenario_tests(scenarios, host) for host in HOSTS.values()), end="")
    else:
        rows = [
            (test.name, " ".join(host.name for host in test.hosts), " ".join(map(str, test.harts)), test.summary)
            for test in scenarios
        ]
        print(table.render(("name", "hosts", "harts", "shows"), rows))
    return 0
