"""Configures and builds CMake presets, and says when what should have come out did not."""

import os
from pathlib import Path

from cw import paths
from cw.failure import Failure
from cw.steps import run_step


def default_jobs() -> int:
    """As many compilers at once as this process may use processors."""
    return len(os.sched_getaffinity(0))


def build(preset: str, jobs: int | None = None, target: str | None = None) -> Path:
    """Brings build/PRESET up to date and returns it."""
    folder = paths.BUILD / preset
    # Ninja runs CMake again by itself when its inputs change, so a configured tree needs no second look.
    if not (folder / "build.ninja").exists():
        run_step(f"configuring {preset}", ["cmake", "--preset", preset], f"configure-{preset}")
    command = ["cmake", "--build", "--preset", preset, "--parallel", str(jobs or default_jobs())]
    if target:
        command += ["--target", target]
    run_step(f"building {preset}", command, f"build-{preset}")
    return folder


def build_system(jobs: int | None = None) -> None:
    """Builds kernel and modules and checks that the files the image needs are there."""
    build("riscv64", jobs)
    require_system()


def require_system() -> None:
    """Fails unless a kernel has been built."""
    if not paths.KERNEL.exists():
        raise Failure(f"the build left no {paths.shown(paths.KERNEL)}; run ./cw build")
