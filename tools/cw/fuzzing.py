"""What `./cw fuzz` knows of the fuzzers: which there are, how they are started, what they say of their progress."""

import re
from dataclasses import dataclass
from pathlib import Path

from cw import paths

PRESET = "fuzz"
CORPORA = paths.ROOT / "tests" / "corpora"
FINDINGS = paths.BUILD / PRESET / "findings"
# What the corpora in the tree are held to, each: they are run in every test run.
MOST_FILES = 100
MOST_BYTES = 200 << 10
SECONDS_PER_INPUT = 10


@dataclass(frozen=True)
class Target:
    """A fuzzer and its inputs."""

    name: str
    folder: str  # Of its programme, in the build folder of the preset.
    longest: int  # Bytes of an input.
    shows: str

    @property
    def build_target(self) -> str:
        """Of CMake."""
        return f"{self.name}_fuzz"

    @property
    def program(self) -> Path:
        """The fuzzer."""
        return paths.BUILD / PRESET / self.folder / self.build_target

    @property
    def corpus(self) -> Path:
        """The inputs in the tree."""
        return CORPORA / self.name

    @property
    def found(self) -> Path:
        """Where new inputs are kept."""
        return paths.BUILD / PRESET / self.name

    def command(self, seconds: int) -> list[str]:
        """Runs it. Of its corpora the first is where it writes."""
        options = [f"-max_total_time={seconds}", f"-max_len={self.longest}", f"-timeout={SECONDS_PER_INPUT}"]
        options += ["-reload=1", "-print_final_stats=0", f"-artifact_prefix={FINDINGS / self.name}-"]
        return [str(self.program), *options, str(self.found), str(self.corpus)]

    def merge_command(self) -> list[str]:
        """Adds to the corpus in the tree the fewest inputs that reach code which it does not reach."""
        options = ["-merge=1", "-set_cover_merge=1", "-use_counters=0"]
        return [str(self.program), *options, str(self.corpus), str(self.found)]


TARGETS = {
    target.name: target
    for target in (
        Target("message", "core/fuzz", 512, "what the runtime does with the messages of a hostile peer"),
        Target("record", "loader/fuzz", 1024, "the loader's parser of module records"),
        Target("image", "loader/fuzz", 16384, "the loader, with whole module files"),
        Target("unwind", "loader/fuzz", 512, "the unwinder, with call frame information"),
    )
}


@dataclass
class Progress:
    """The last that one fuzzer said."""

    executions: int = 0
    coverage: int = 0

    def read(self, line: str) -> None:
        """Takes in a line such as `#2048 pulse cov: 117 ft: 260 corp: 12/80b ..`."""
        if match := re.match(r"#(\d+)\t.*?\bcov: (\d+)", line):
            self.executions, self.coverage = int(match[1]), int(match[2])
        elif match := re.match(r"Done (\d+) runs", line):
            self.executions = int(match[1])


def artifact_of(lines: list[str]) -> str | None:
    """The file with the input of a finding."""
    for line in reversed(lines):
        if match := re.search(r"Test unit written to (\S+)", line):
            return match[1]
    return None
