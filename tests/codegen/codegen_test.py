"""Looks at the machine code of core's fast paths: what the source calls a load or a store must be one.

    codegen_test.py CASE --folder FOLDER --include DIRECTORY... [--objects FILE...]

In fast_paths.cpp a function plain_* must hold no instruction that locks, exchanges or fences fully; a function
fenced_* one full fence and nothing that locks besides. On riscv64 doorbell_* holds a fence of memory before the
device, and then one store. No object file may call libatomic.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().with_name("fast_paths.cpp")
ARCH = SOURCE.parents[2] / "core" / "arch"
COMMON = ("-std=c++23", "-O2", "-c", "-fno-exceptions", "-fno-rtti", "-Wno-atomic-alignment")
X86 = ("clang++-19", "--target=x86_64-linux-gnu", f"-I{ARCH}/hosted")
GCC = ("g++-12", f"-I{ARCH}/hosted")
RISCV = (
    "clang++-19",
    "--target=riscv64-linux-gnu",
    "-march=rv64imac_zicsr_zifencei",
    "-mabi=lp64",
    "-ffreestanding",
    f"-I{ARCH}/riscv64",
)

# Name: compiler, define, what must be reported; None: nothing must.
CASES: dict[str, tuple[tuple[str, ...], str, str | None]] = {
    "x86_64": (X86, "", None),
    "x86_64_gcc": (GCC, "", None),
    "riscv64": (RISCV, "", None),
    "finds_an_exchange": (X86, "PLANT_exchange", "plain_spsc_push: xchg"),
    "finds_a_lock": (X86, "PLANT_lock", "plain_spsc_push: lock"),
    "finds_a_full_fence": (X86, "PLANT_fence", "plain_trace_record: mfence"),
    "finds_no_fence": (X86, "PLANT_no_fence", "fenced_spsc_flush: 0 full fences"),
    "finds_a_call_of_the_library": (X86, "PLANT_library", "calls __atomic_load"),
    "finds_an_atomic_operation_on_riscv64": (RISCV, "PLANT_lock", "plain_spsc_push: amo"),
    "finds_a_doorbell_without_fence_on_riscv64": (RISCV, "PLANT_doorbell", "doorbell_register: no fence w, o"),
    "finds_a_full_fence_on_riscv64": (RISCV, "PLANT_fence", "plain_trace_record: fence"),
}

# Instructions that are atomic read-modify-writes, and full fences, of both architectures. On x86 an xchg with memory
# locks without saying so; of two registers it is no memory access, and compilers align code with it.
LOCKED = re.compile(r"^(lock\b.*|xchg\w*\s.*\(.*|cmpxchg\w*\b.*|amo\S+.*|lr\.\S+.*|sc\.\S+.*)")
STACK_OR = re.compile(r"^lock\s+or[lq]\s+\$0x0, .*\(%rsp\)")  # g++'s full fence
FENCE = re.compile(r"^(mfence|fence(\s+iorw, iorw|\s+rw, rw)?$)")


def run(*command: str) -> str:
    """What the command printed; it must succeed."""
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        sys.exit(f"{command[0]} failed with status {answer.returncode}\n{answer.stderr}")
    return answer.stdout


def functions(listing: str) -> dict[str, list[str]]:
    """Instructions by function, of objdump's listing."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in listing.splitlines():
        if head := re.match(r"^[0-9a-f]+ <(\S+)>:$", line):
            current = found.setdefault(head[1], [])
        elif code := re.match(r"^\s+[0-9a-f]+:\s+(\S.*)$", line):
            text = re.sub(r"\s+", " ", code[1]).strip()
            if current and current[-1] == "lock":  # objdump writes the prefix as a line of its own
                current[-1] += f" {text}"
            else:
                current.append(text)
    return found


def offences(code: dict[str, list[str]], riscv: bool) -> list[str]:
    """What is in the functions and should not be, or the other way round."""
    wrong = []
    for name, instructions in code.items():
        fences = [line for line in instructions if FENCE.match(line) or STACK_OR.match(line)]
        locked = [line for line in instructions if LOCKED.match(line) and not STACK_OR.match(line)]
        if name.startswith("plain_"):
            wrong += [f"{name}: {line}" for line in locked + fences]
        elif name.startswith("fenced_"):
            wrong += [f"{name}: {line}" for line in locked]
            if len(fences) != 1:
                wrong.append(f"{name}: {len(fences)} full fences")
        elif name.startswith("doorbell_") and riscv:
            order = [line.split()[0] for line in instructions if line == "fence w, o" or re.match(r"(c\.)?s[bhwd]\s", line)]
            if "fence" not in order[:-1] or order[-1] == "fence":
                wrong.append(f"{name}: no fence w, o before its last store")
    return wrong


def library_calls(objects: list[str]) -> list[str]:
    """Undefined symbols of libatomic, by object file."""
    wrong = []
    for name in objects:
        for line in run("llvm-nm-19", "--undefined-only", name).splitlines():
            symbol = line.split()[-1]
            if symbol.startswith("__atomic_"):
                wrong.append(f"{name} calls {symbol}")
    return wrong


def main() -> int:
    """Runs what the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--include", nargs="+", required=True)
    parser.add_argument("--objects", nargs="*", default=[])
    parsed = parser.parse_args()
    compiler, define, expected = CASES[parsed.case]
    parsed.folder.mkdir(parents=True, exist_ok=True)
    compiled = str(parsed.folder / f"{parsed.case}.o")
    flags = [flag for flag in COMMON if compiler is not GCC or not flag.startswith("-Wno-atomic")]
    includes = [f"-I{folder}" for folder in parsed.include]
    run(*compiler, *flags, *includes, *([f"-D{define}"] if define else []), str(SOURCE), "-o", compiled)
    code = functions(run("llvm-objdump-19", "--disassemble", "--no-show-raw-insn", compiled))
    looked_at = [name for name in code if name.startswith(("plain_", "fenced_", "doorbell_"))]
    found = offences(code, compiler is RISCV) + library_calls([compiled, *parsed.objects])
    print(f"{len(looked_at)} functions, {1 + len(parsed.objects)} object files")
    print("\n".join(found))
    if len(looked_at) < 15:
        print("functions are missing: this looked at too little")
        return 1
    if expected is None:
        return 1 if found else 0
    if not any(expected in offence for offence in found):
        print(f"the planted defect was not found: {expected}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
