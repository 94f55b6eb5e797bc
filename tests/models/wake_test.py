"""Has spin explore tests/models/wake.pml in full: as it is there must be no error, with each planted defect one.

    wake_test.py --list                  the names of all cases, as a CMake list
    wake_test.py CASE --folder FOLDER    runs one; its files go to FOLDER
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

MODEL = Path(__file__).resolve().with_name("wake.pml")
COMPILER = "clang-19"
# Safety properties only; states are stored whole, so that none is taken for another.
PAN_FLAGS = ("-DSAFETY", "-DCOLLAPSE", "-DMEMLIM=3000", "-O2", "-w")
DEPTH = 10_000

THREE = ("PARTIES=3", "REQUESTS=1")
LOST = r"assertion violated .*(finished|heard)"
TWICE = r"assertion violated .*outcomes"

# Name: defines, and what the error must be; None: there must be none.
CASES: dict[str, tuple[tuple[str, ...], str | None]] = {
    "two_parties": ((), None),
    "two_parties_and_other_news": (("NOTICE", "REQUESTS=1"), None),
    "two_parties_two_in_flight": (("CREDITS=2", "BUFFERED=3"), None),
    "three_parties_one_dies": ((*THREE, "NO_DEADLINES", "BUFFERED=1"), None),
    "three_parties_with_deadlines": ((*THREE, "NOBODY_DIES"), None),
    "three_parties_two_requests": (
        ("PARTIES=3", "REQUESTS=2", "NOBODY_DIES", "NO_DEADLINES", "BUFFERED=1"),
        None,
    ),
    "finds_no_fence": (("PLANT_no_fence",), LOST),
    "finds_no_fence_among_three": (("PARTIES=3", "REQUESTS=2", "NOBODY_DIES", "NO_DEADLINES", "PLANT_no_fence"), LOST),
    "finds_no_fence_in_the_kernel": (("PLANT_no_kernel_fence",), LOST),
    "finds_a_wait_that_does_not_latch": (("PLANT_no_latch",), LOST),
    "finds_a_wake_before_the_news": (("PLANT_wake_then_tell",), LOST),
    "finds_a_kernel_that_does_not_wake": (("PLANT_kernel_forgets",), LOST),
    "finds_arming_behind_the_fence": (("PLANT_arm_after_fence",), LOST),
    "finds_a_look_at_the_event_before_the_fence": (("BUFFERED=3", "PLANT_looks_before_fence"), LOST),
    "finds_no_second_look": (("PLANT_no_second_look",), LOST),
    "finds_a_sleep_on_what_was_published": (("PLANT_no_flush",), LOST),
    "finds_a_ring_that_is_not_armed": (("PLANT_one_ring_not_armed",), LOST),
    "finds_a_ring_of_several_that_is_not_armed": (
        ("PARTIES=3", "REQUESTS=2", "NOBODY_DIES", "NO_DEADLINES", "BUFFERED=1", "PLANT_one_ring_not_armed"),
        LOST,
    ),
    "finds_a_control_ring_that_is_not_armed": (("NOTICE", "PLANT_control_not_armed"), LOST),
    "finds_an_answer_after_its_deadline": (("PLANT_completes_twice",), TWICE),
}


def run(command: list[str], folder: Path) -> str:
    """What the command printed; it must succeed."""
    answer = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if answer.returncode != 0:
        sys.exit(f"{command[0]} failed with status {answer.returncode}\n{answer.stdout}")
    return answer.stdout


def explore(defines: tuple[str, ...], folder: Path) -> str:
    """What the verifier has printed about the model with these defines."""
    folder.mkdir(parents=True, exist_ok=True)
    # Its own choice of preprocessor is gcc, which need not be there.
    run(["spin", f"-P{COMPILER} -E -x c", "-a", *(f"-D{define}" for define in defines), str(MODEL)], folder)
    run([COMPILER, *PAN_FLAGS, "-o", "pan", "pan.c"], folder)
    return run(["./pan", f"-m{DEPTH}"], folder)


def verdict(output: str, expected: str | None) -> str:
    """What is wrong; empty if nothing is."""
    # These three are not errors to pan, and leave part of the states out.
    for incomplete in ("max search depth too small", "-DMEMLIM bound", "out of memory"):
        if incomplete in output:
            return f"the search was not exhaustive: {incomplete}"
    errors = re.search(r"errors: (\d+)", output)
    if errors is None:
        return "the verifier came to no result"
    if expected is None:
        return "" if errors[1] == "0" else "there is an error"
    return "" if re.search(expected, output) else "the planted defect was not found"


def main() -> int:
    """Runs what the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case", nargs="?", choices=CASES)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--folder", type=Path)
    parsed = parser.parse_args()
    if parsed.list:
        print(";".join(CASES), end="")
        return 0
    if parsed.case is None or parsed.folder is None:
        parser.error("a case and a folder are needed")
    defines, expected = CASES[parsed.case]
    output = explore(defines, parsed.folder)
    print(output)
    if wrong := verdict(output, expected):
        print(f"{parsed.case}: {wrong}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
