// A process records events and is killed in the middle; who mapped its trace ring read-only reads
// what happened last, whole, and knows how much was overwritten.
#include "host.hpp"

#include <csignal>
#include <cw/core/trace_ring.hpp>
#include <sys/wait.h>

namespace {

using Ring = cw::TraceRing<1024>;
enum Id : std::uint32_t { kStarted = 1, kWorking = 2 };

[[noreturn]] void work(Ring& ring) {
    auto writer = ring.make_writer<cw::TracePolicy::overwrite>();
    writer.record(0, kStarted, 0u, 0u);
    for (std::uint64_t now = 1;; ++now)
        writer.record(now, kWorking, now * 2, ~now);
}

} // namespace

int main() {
    const int file = host::create_memory<Ring>();
    host::map<Ring>(file).initialise();
    const pid_t child = fork();
    if (child == 0)
        work(host::map<Ring>(file));

    const auto* memory =
        static_cast<const Ring*>(mmap(nullptr, sizeof(Ring), PROT_READ, MAP_SHARED, file, 0));
    host::check(memory != MAP_FAILED && memory->valid(), "the trace");
    auto reader = memory->make_reader();
    cw::TraceEvent<> events[64];
    std::uint64_t read = 0, lost = 0, wrong = 0;
    const auto read_some = [&] {
        const auto got = reader.read(events, 64);
        for (std::uint32_t i = 0; i < got.count; ++i) {
            const cw::TraceEvent<>& event = events[i];
            wrong += event.timestamp != event.position ? 1 : 0;
            wrong += event.id == kWorking && event.args[1] != ~event.timestamp ? 1 : 0;
        }
        read += got.count;
        lost += got.lost;
        return got.count + got.lost;
    };
    while (reader.position() < 1'000'000) // while it lives
        read_some();
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read_some() != 0) { // and what it left
    }
    const bool all = read + lost == reader.position();
    std::printf("read some: %s, all accounted for: %s, %llu wrong\n",
                read > 0 ? "yes" : "no",
                all ? "yes" : "no",
                static_cast<unsigned long long>(wrong));
    return read > 0 && all && wrong == 0 ? 0 : 1;
}
