"""Tells ctest about every test there is, so that one ctest run, and one summary, covers them all.

build/tests/CTestTestfile.cmake takes in the build folders of the presets, whose CMake files register unit tests, and
adds what CMake does not know: source checks, tests of these tools, system tests.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cw import paths
from cw.failure import Failure
from cw.host import HOSTS, RISCV64, SANITIZED, Host
from cw.scenario import Scenario

# Beyond a scenario's own limit, for packing and for stopping it; ctest's limit should never be the one that bites.
GRACE_SECONDS = 60
TOOL_TEST_SECONDS = 120
SYSTEM_SCRIPT_SECONDS = 300
# Many tests wait most of the time: ctest is told of twice as many processors as there are.
SHARES = 2  # of one processor
# A test whose harts are all busy has at most as many processors to itself as small machines have.
MAX_SHARES = 2 * SHARES


def quoted(text: str) -> str:
    """The text as one argument in a CMake file, whatever it contains."""
    level = 1
    while f"]{'=' * level}]" in text:
        level += 1
    return f"[{'=' * level}[{text}]{'=' * level}]"


def test(name: str, command: Sequence[str], *, timeout: float, label: str, shares: int = 1) -> str:
    """The lines that register one test."""
    arguments = " ".join(map(quoted, [name, *command]))
    properties = f"TIMEOUT {timeout:.0f} LABELS {label} PROCESSORS {shares}"
    properties += f" WORKING_DIRECTORY {quoted(str(paths.ROOT))}"
    return f"add_test({arguments})\nset_tests_properties({quoted(name)} PROPERTIES {properties})\n"


def scenario_tests(scenarios: Sequence[Scenario], host: Host) -> str:
    """One test for each scenario of the host and each hart count."""
    lines = []
    for scenario in scenarios:
        for run in scenario.runs():
            if run.host is not host:
                continue
            command = [sys.executable, str(paths.TOOLS / "cw"), "guest-test", str(scenario.path), *run.options]
            timeout = (scenario.limits.total_seconds or 0) + GRACE_SECONDS
            # Under a sanitizer nothing is fast, and nothing has to be.
            alone = scenario.busy and host.name not in SANITIZED
            shares = min(run.harts, MAX_SHARES // SHARES) * (SHARES if alone else 1)
            name = scenario.test_name(run)
            label = name.partition(".")[0]
            lines.append(test(name, command, timeout=timeout, label=label, shares=shares))
    return "".join(lines)


def source_checks() -> str:
    """The checks of the sources."""
    lines = []
    for name in ("format", "layers", "names"):
        command = [sys.executable, str(paths.TOOLS / "checks" / f"{name}.py")]
        lines.append(test(f"checks.{name}", command, timeout=TOOL_TEST_SECONDS, label="checks"))
    return "".join(lines)


def script_tests(folder: Path, label: str, *, timeout: float = TOOL_TEST_SECONDS, shares: int = 1) -> str:
    """One test for each NAME_test.py of the folder, LABEL.NAME."""
    lines = []
    for path in sorted(folder.glob("*_test.py")):
        name = f"{label}.{path.stem.removesuffix('_test')}"
        command = [sys.executable, str(path)]
        lines.append(test(name, command, timeout=timeout, label=label, shares=shares))
    return "".join(lines)


def system_checks() -> str:
    """What is said of a built system beside scenarios: its size, and the tests of commands that need one."""
    command = [sys.executable, str(paths.TOOLS / "cw"), "image", "--no-build", "--check"]
    lines = test("system.size", command, timeout=TOOL_TEST_SECONDS, label="system")
    # Each public header by itself; ninja compiles again only what has changed.
    command = ["cmake", "--build", str(RISCV64.build), "--target", "all_verify_interface_header_sets", "--parallel"]
    lines += test(
        "checks.headers", [*command, str(MAX_SHARES // SHARES)], timeout=SYSTEM_SCRIPT_SECONDS, label="checks", shares=MAX_SHARES
    )
    return lines + script_tests(paths.ROOT / "tests" / "system", "system", timeout=SYSTEM_SCRIPT_SECONDS, shares=SHARES)


def count_tests(folder: Path) -> int:
    """How many tests a preset's build folder has."""
    command = ["ctest", "--test-dir", str(folder), "--show-only=json-v1"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return len(json.loads(answer.stdout)["tests"])
    except (ValueError, LookupError):
        return 0


def write(target: Path, presets: Sequence[str], scenarios: Sequence[Scenario], *, everything: bool = True) -> None:
    """Writes the top test file. Unit tests that are none are an error: something kept them from being registered.

    Without `everything`, systems under a sanitizer run what does not take long.
    """
    quick = [scenario for scenario in scenarios if not (scenario.long or scenario.busy)]
    parts = ["# Written by ./cw test.\n", source_checks(), script_tests(paths.ROOT / "tests" / "tools", "tools")]
    for preset in presets:
        host = HOSTS.get(preset) or SANITIZED.get(preset)
        if host:
            parts.append(scenario_tests(scenarios if everything or preset not in SANITIZED else quick, host))
        if preset in SANITIZED:
            command = [sys.executable, str(paths.ROOT / "tests" / "linux" / "planted_test.py"), preset]
            parts.append(test(f"{preset}.planted", command, timeout=TOOL_TEST_SECONDS, label=preset))
            command = [sys.executable, str(paths.ROOT / "tests" / "system" / "control_test.py"), preset]
            parts.append(test(f"{preset}.control", command, timeout=SYSTEM_SCRIPT_SECONDS, label=preset))
            continue
        folder = paths.BUILD / preset
        if count_tests(folder) == 0:
            if host:
                continue  # Nothing of it but whole systems.
            raise Failure(f"{paths.shown(folder)} has no tests; is enable_testing() called before the subdirectories?")
        parts.append(f"subdirs({quoted(str(folder))})\n")
    parts += [system_checks()] if RISCV64.name in presets else []
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("".join(parts))
