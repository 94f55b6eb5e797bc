// A process publishes a position of three coordinates, over and over, and is killed wherever it is.
// Readers never wait, never write, and always have a position that fits together.
#include "host.hpp"

#include <csignal>
#include <cw/core/latch.hpp>
#include <sys/wait.h>

namespace {

struct Position {
    double x, y, z;
};
using Shared = cw::SharedLatch<Position>;

[[noreturn]] void publish(Shared& shared) {
    cw::LatchWriter<Position> writer{shared.latch};
    for (double step = 1;; ++step)
        writer.publish({step, 2 * step, 3 * step});
}

} // namespace

int main() {
    const int file = host::create_memory<Shared>();
    Shared& shared = host::map<Shared>(file);
    shared.initialise();
    std::uint64_t kills = 0, read = 0, wrong = 0;
    for (; kills < 20; ++kills) {
        const pid_t child = fork();
        if (child == 0)
            publish(host::map<Shared>(file));
        for (int times = 0; times < 10'000;) {
            Position position;
            if (shared.read(position) != cw::Latched::value)
                continue; // nothing yet
            wrong += position.y != 2 * position.x || position.z != 3 * position.x ? 1 : 0;
            ++read;
            ++times;
        }
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        Position last;
        wrong += shared.read(last) != cw::Latched::value || last.y != 2 * last.x ? 1 : 0;
    }
    std::printf("%llu kills, %llu positions read, %llu wrong\n",
                static_cast<unsigned long long>(kills),
                static_cast<unsigned long long>(read),
                static_cast<unsigned long long>(wrong));
    return wrong == 0 ? 0 : 1;
}
