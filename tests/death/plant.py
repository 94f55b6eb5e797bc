"""Defects, planted one at a time, that the death tests must find.

    plant.py --list                     a line for each: NAME|SOURCE|ARGUMENTS|MESSAGE
    plant.py NAME FOLDER                the changed files of one, in FOLDER, at the paths that they have in the tree

SOURCE is the file to be compiled anew; ARGUMENTS are those of the run that must fail, with something like MESSAGE, a
regular expression.
"""

import argparse
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Defect:
    """What is changed where, and how it shows."""

    source: str  # Compiled anew.
    changed: str  # The source itself, or a header that it includes.
    original: str
    planted: str
    arguments: str
    message: str


DEFECTS = {
    "published_before_written": Defect(
        source="core/src/ring_stub.cpp",
        changed="core/include/cw/core/ring_submit.hpp",
        original="""    message.head.store(edge.submission | pending->cookie, Order::relaxed);
    std::size_t index = 0;
    (message.words[index++].store(words, Order::relaxed), ...);
    if constexpr (arch::kCopyBesideTail) {
        if (end.in_flight() == 0)
            end.submissions.ring.copy_beside({edge.submission | pending->cookie, words...});
    }
    end.submissions.ring.publish_to(tail + 1);
""",
        planted="""    end.submissions.ring.publish_to(tail + 1);
    asm volatile("" ::: "memory");
    message.head.store(edge.submission | pending->cookie, Order::relaxed);
    std::size_t index = 0;
    (message.words[index++].store(words, Order::relaxed), ...);
    if constexpr (arch::kCopyBesideTail) {
        if (end.in_flight() == 0)
            end.submissions.ring.copy_beside({edge.submission | pending->cookie, words...});
    }
""",
        arguments="--victim=client --way=kill --each=8 --only=send_request",
        message="client_a killed .*, send_request, .*(garbled=1|says something else)",
    ),
    "answered_before_written": Defect(
        source="core/src/executor.cpp",
        changed="core/src/hot_paths.hpp",
        original="""            answer.head.store(cookie, Order::relaxed); // status ok
            if (copied) // who is alone with one call waits for one answer
                copy_beside(indices.answers, indices.tail, answer);
            indices.answered();
""",
        planted="""            indices.answered();
            asm volatile("" ::: "memory");
            answer.head.store(cookie, Order::relaxed); // status ok
""",
        arguments="--victim=provider --way=kill --each=8 --only=receive_request",
        message="target_a killed .*says something else",
    ),
    "sleeps_without_a_second_look": Defect(
        source="core/src/executor.cpp",
        changed="core/src/executor.cpp",
        original="            PolledRing* const found = find_pending(executor);\n",
        planted="            PolledRing* const found = executor.rings_end;\n",
        arguments="--victim=provider --way=stop --each=20 --only=wait",
        message="target_a stopped .*, wait, .*(HANG|does not say what it has served: timed_out)",
    ),
    "forgets_calls_in_flight": Defect(
        source="core/src/channel.cpp",
        changed="core/src/channel.cpp",
        original="""        if (pending.outcome.state() == PendingState::in_flight ||
            pending.outcome.state() == PendingState::queued) {
""",
        planted="""        if (pending.outcome.state() == PendingState::in_flight)
            pending.outcome.set_state(PendingState::free);
        if (pending.outcome.state() == PendingState::queued) {
""",
        arguments="--victim=provider --way=kill --only=reply",
        message="target_a killed .*HANG",
    ),
    "closes_without_waking": Defect(
        source="nucleus/src/channel.cpp",
        changed="nucleus/src/channel.cpp",
        original="""    executor_tell(executor,
                  {.kind = abi::ControlKind::close_end,
""",
        planted="""    if (executor.domain->is_kernel())
    executor_tell(executor,
                  {.kind = abi::ControlKind::close_end,
""",
        arguments="--victim=provider --way=kill --only=reply",
        message="target_a killed .*HANG",
    ),
    "keeps_a_segment": Defect(
        source="nucleus/src/channel.cpp",
        changed="nucleus/src/channel.cpp",
        original="    segments_withdraw(segments);\n    if (channel.areas",
        planted="    segments_withdraw({segments, 1});\n    if (channel.areas",
        arguments="--victim=provider --way=kill --only=reply",
        message="target_a killed .*left behind",
    ),
}


def plant(defect: Defect, folder: Path) -> None:
    """Writes what the defect compiles: its source, and what is changed."""
    for name in {defect.source, defect.changed}:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    text = (ROOT / defect.changed).read_text()
    if text.count(defect.original) != 1:
        sys.exit(f"{defect.changed} has changed: what is to be broken in it is not there once")
    (folder / defect.changed).write_text(text.replace(defect.original, defect.planted))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", choices=DEFECTS)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    if arguments.list:
        for name, defect in DEFECTS.items():
            print(name, defect.source, defect.arguments, defect.message, sep="|")
    elif arguments.name and arguments.folder:
        plant(DEFECTS[arguments.name], arguments.folder)
    else:
        parser.error("a name and a folder, or --list")


if __name__ == "__main__":
    main()
