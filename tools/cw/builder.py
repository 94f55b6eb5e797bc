"""Configures and builds CMake presets, and says when what should have come out did not."""

import os
from pathlib import Path

from cw import paths
from cw.failure import Failure
from cw.host import Host
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


def build_system(host: Host, jobs: int | None = None) -> None:
    """Builds nucleus and modules and checks that they are there."""
    build(host.preset, jobs, host.target)
    require_system(host)


def require_system(host: Host) -> None:
    """Fails unless a nucleus has been built."""
    if not host.nucleus.exists():
        raise Failure(f"there is no {paths.shown(host.nucleus)}; run ./cw build --host={host.name}")
